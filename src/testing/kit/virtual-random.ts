/** Randomness under its usual names, drawn from an ambience. */
import type { Random } from '../../internal/platform/platform.ts'
import type { Ambience, Callable, Replacement } from './ambience.ts'

type Bytes = ArrayBufferView | ArrayBuffer

/** Everything that draws. */
export function* randomReplacements(): Generator<Replacement> {
  const crypto = process.getBuiltinModule('crypto')
  yield { owner: Math, name: 'random', inside: ({ random }) => random.next() }
  const web = globalThis.crypto
  for (const owner of [crypto, web]) yield { owner, name: 'randomUUID', inside: ({ random }) => uuid(random) }
  yield { owner: web, name: 'getRandomValues', inside: (ambience, [array]) => fill(ambience, array as Bytes) }
  yield { owner: crypto, name: 'randomInt', inside: randomInt }
  yield { owner: crypto, name: 'randomBytes', inside: randomBytes }
  yield {
    owner: crypto,
    name: 'randomFillSync',
    inside: (ambience, [array, ...range]) => fill(ambience, array as Bytes, ...range),
  }
}

function fill({ random }: Ambience, array: Bytes, offset: unknown = 0, size?: unknown): Bytes {
  const bytes = ArrayBuffer.isView(array)
    ? new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    : new Uint8Array(array)
  const from = Number(offset)
  const to = size === undefined ? bytes.length : from + Number(size)
  for (let index = from; index < to; index++) bytes[index] = Math.floor(random.next() * 256)
  return array
}

function uuid(random: Random): string {
  const bytes = fill({ random } as Ambience, Buffer.alloc(16)) as Buffer
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function randomInt({ random }: Ambience, args: readonly unknown[]): unknown {
  const numbers = args.filter((arg) => typeof arg === 'number')
  const [min, max] = numbers.length > 1 ? [numbers[0]!, numbers[1]!] : [0, numbers[0] ?? 0]
  return answer(args, min + Math.floor(random.next() * (max - min)))
}

function randomBytes(ambience: Ambience, args: readonly unknown[]): unknown {
  return answer(args, fill(ambience, Buffer.alloc(Number(args[0]))))
}

/** To the callback, where one is given. */
function answer(args: readonly unknown[], value: unknown): unknown {
  const callback = args.at(-1)
  if (typeof callback !== 'function') return value
  queueMicrotask(() => (callback as Callable)(null, value))
  return undefined
}
