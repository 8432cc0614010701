/** A way through points as a path with round corners. */
export interface Point {
  readonly x: number
  readonly y: number
}

const radius = 9

/** As SVG writes it; points that lie on a straight line, or on each other, add nothing. */
export function rounded(points: readonly Point[]): string {
  const bends: Point[] = []
  for (const point of points) {
    const [before, last] = [bends.at(-2), bends.at(-1)]
    if (last !== undefined && distance(last, point) < 0.5) {
      // Where it ends is where it was to end.
      if (point === points.at(-1) && before !== undefined) bends[bends.length - 1] = point
      continue
    }
    if (before !== undefined && last !== undefined && isStraight(before, last, point)) bends.pop()
    bends.push(point)
  }
  return bends
    .map((point, index) => {
      const [before, after] = [bends[index - 1], bends[index + 1]]
      if (before === undefined) return `M${at(point)}`
      if (after === undefined) return `L${at(point)}`
      const cut = Math.min(radius, distance(before, point) / 2, distance(point, after) / 2)
      return `L${at(towards(point, before, cut))}Q${at(point)} ${at(towards(point, after, cut))}`
    })
    .join('')
}

const distance = (one: Point, other: Point): number => Math.hypot(one.x - other.x, one.y - other.y)

const isStraight = (one: Point, middle: Point, other: Point): boolean =>
  Math.abs((middle.x - one.x) * (other.y - one.y) - (middle.y - one.y) * (other.x - one.x)) < 0.5

function towards(from: Point, to: Point, length: number): Point {
  const part = length / (distance(from, to) || 1)
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

const at = ({ x, y }: Point): string => `${tenth(x)} ${tenth(y)}`

/** A tenth of a pixel is finer than anybody sees. */
export const tenth = (value: number): string => String(Math.round(value * 10) / 10)
