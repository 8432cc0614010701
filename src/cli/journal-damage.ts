/** Damage of a journal in a line. */

interface Described {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly detail: string
  readonly lost?: readonly {
    readonly topic: string
    readonly partition: number
    readonly from: number
    readonly to: number
  }[]
}

/** Where it is, what it is, and which events went with it. */
export function damageLine({ file, offset, bytes, detail, lost = [] }: Described): string {
  const gone = lost.map(({ topic, partition, from, to }) => `${topic}/${partition} ${from}-${to - 1}`)
  return `${file} at byte ${offset}, ${bytes} bytes: ${detail}${gone.length === 0 ? '' : `; lost ${gone.join(', ')}`}`
}
