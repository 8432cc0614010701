/** What this machine can do at most: the limits against which figures are to be read. */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Measured now, on the disk of the folder. */
export interface MachineLimits {
  readonly writeMbPerSecond: number
  readonly fdatasyncP50Ms: number
  readonly fdatasyncP99Ms: number
  readonly jsonPerSecond: number
}

/** How long fdatasync takes after a write of 4 KiB, in milliseconds. */
export async function measureSync(
  folder: string,
  rounds = 200,
): Promise<Pick<MachineLimits, 'fdatasyncP50Ms' | 'fdatasyncP99Ms'>> {
  const taken: number[] = []
  await withFile(folder, async (file) => {
    const block = Buffer.alloc(4096, 1)
    for (let round = 0; round < rounds; round++) {
      await file.write(block, 0, block.length, round * block.length)
      const started = performance.now()
      await file.datasync()
      taken.push(performance.now() - started)
    }
  })
  taken.sort((a, b) => a - b)
  const at = (share: number): number =>
    rounded(taken[Math.min(Math.floor(share * taken.length), taken.length - 1)] ?? 0)
  return { fdatasyncP50Ms: at(0.5), fdatasyncP99Ms: at(0.99) }
}

/** All limits; takes about two seconds. */
export async function measureLimits(folder: string): Promise<MachineLimits> {
  return { writeMbPerSecond: await measureWrite(folder), ...(await measureSync(folder)), jsonPerSecond: measureJson() }
}

async function measureWrite(folder: string): Promise<number> {
  const block = Buffer.alloc(1024 * 1024, 1)
  const blocks = 128
  const seconds = await withFile(folder, async (file) => {
    const started = performance.now()
    for (let index = 0; index < blocks; index++) await file.write(block, 0, block.length, index * block.length)
    await file.datasync()
    return (performance.now() - started) / 1000
  })
  return Math.round((blocks * block.length) / 1e6 / seconds)
}

/** Parse and stringify of an event of about 900 bytes. */
function measureJson(): number {
  const text = JSON.stringify({
    id: 'a'.repeat(24),
    name: 'Ada Lovelace',
    address: { street: 'St James Square', city: 'London', zip: 'SW1Y 4LE', country: 'GB' },
    tags: Array.from({ length: 12 }, (_, index) => `tag-${index}`),
    notes: 'x'.repeat(560),
    score: 0.75,
    active: true,
  })
  const started = performance.now()
  let count = 0
  let bytes = 0
  while (performance.now() - started < 500) {
    for (let round = 0; round < 1000; round++) bytes += JSON.stringify(JSON.parse(text)).length
    count += 1000
  }
  return bytes === 0 ? 0 : Math.round(count / ((performance.now() - started) / 1000))
}

async function withFile<Result>(
  folder: string,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<Result>,
): Promise<Result> {
  const made = await mkdtemp(join(folder, '.metrobus-limits-'))
  try {
    await using file = await open(join(made, 'file'), 'w')
    return await use(file)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000
