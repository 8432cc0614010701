import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { SeededRandom, chooseSeed } from '../../testing/index.ts'
import { nodeDisk } from './node-disk.ts'

function folder(context: TestContext): string {
  const dir = fs.mkdtempSync(join(tmpdir(), 'metrobus-disk-'))
  context.after(() => fs.rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('what is written is read, whether it goes through the page cache, past it, or both', async (context) => {
  const seed = chooseSeed()
  const random = new SeededRandom(seed)
  const path = join(folder(context), 'file')
  const file = await nodeDisk.open(path, { create: true })
  const memory = nodeDisk.buffer(1024 * 1024)
  const wanted: Buffer[] = []
  let position = 0
  for (let round = 0; round < 60; round++) {
    const start = random.chance(0.5) ? position % 4096 : random.below(4096)
    const bytes = memory.subarray(start, start + 1 + random.below(random.chance(0.5) ? 2_000 : 900_000))
    for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + round) & 255
    const half = random.below(bytes.length)

    await file.write(random.chance(0.5) ? [bytes] : [bytes.subarray(0, half), bytes.subarray(half)], position)

    position += bytes.length
    wanted.push(Buffer.from(bytes))
  }

  const read = Buffer.alloc(position)
  assert.equal(await file.read(read, 0, position, 0), position)
  assert.ok(read.equals(Buffer.concat(wanted)), `seed ${seed}`)
  assert.ok(fs.readFileSync(path).equals(read), 'by others too')
  await file.truncate(1000)
  assert.equal(await file.size(), 1000)
  await file.close()
})

/** The files that this process has open. */
function openFiles(): string[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // The folder that was just listed.
      return []
    }
  })
}

test(
  'a file that was written both ways leaves nothing open',
  { skip: process.platform !== 'linux' && 'counted in /proc' },
  async (context) => {
    const path = join(folder(context), 'file')
    const file = await nodeDisk.open(path, { create: true })
    await file.write([nodeDisk.buffer(200_000)], 0)
    assert.ok(openFiles().includes(path))

    await file.close()

    assert.ok(!openFiles().includes(path))
  },
)

test('a write that is under way when the file is closed reaches no file that is opened next', async (context) => {
  const dir = folder(context)
  const file = await nodeDisk.open(join(dir, 'file'), { create: true })
  const page = 4096
  const bytes = nodeDisk.buffer(1024 * 1024).subarray(page - 1, -1)
  const before = process.platform === 'linux' ? openFiles().length : 0

  const writing = file.write([bytes], page - 1).catch(() => 'refused')
  await file.close()
  const next = Array.from({ length: 3 }, (_, n) => fs.openSync(join(dir, `next${n}`), 'w+'))
  await writing

  for (const fd of next) {
    assert.equal(fs.fstatSync(fd).size, 0)
    fs.closeSync(fd)
  }
  if (process.platform === 'linux') assert.equal(openFiles().length, before - 1, 'nothing stays open')
})

// As it is, or compiled.
const module = new URL(`./node-disk${extname(import.meta.filename)}`, import.meta.url).href
const writer = `
  import * as fs from 'node:fs'
  import { nodeDisk } from ${JSON.stringify(module)}
  const file = await nodeDisk.open(process.argv[1], { create: true })
  try {
    for (;;) fs.openSync('/dev/null')
  } catch {}
  await file.write([nodeDisk.buffer(200_000)], 0)
`

test(
  'a process without file descriptors still writes to the files that it has',
  { skip: process.platform === 'win32' && 'has no ulimit' },
  (context) => {
    const path = join(folder(context), 'file')

    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', writer, path],
      { encoding: 'utf8' },
    )

    assert.equal(status, 0, stderr)
    assert.equal(fs.statSync(path).size, 200_000)
  },
)

test('a folder of any relative name is made, and its name synced', (context) => {
  const cwd = folder(context)
  const code = `
    import { nodeDisk } from '${module}'
    const synced = []
    const disk = { ...nodeDisk, syncFolder: async (path) => void synced.push(path) }
    for (const path of ['j', './k', 'l/m', 'j']) await disk.mkdir(path)
    console.log(JSON.stringify(synced))`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(status, 0, stderr)
  const real = fs.realpathSync(cwd)
  assert.deepEqual(JSON.parse(stdout), [real, real, join(real, 'l'), real])
})
