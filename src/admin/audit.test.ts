import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../errors/index.ts'
import { nodeDisk } from '../internal/platform/node-disk.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../testing/index.ts'
import { AuditLog, readAudit, verifyAudit } from './audit.ts'
import type { AuditEntry } from './audit.ts'
import { readTextFile, replaceTextFile } from './text-file.ts'

const path = '/audit.ndjson'

const entry = (asked: string): AuditEntry => ({
  who: 'ann',
  act: 'discard',
  asked,
  command: 'c0',
  result: 'allowed',
})

/** A log of so many lines. */
async function stage(lines: number) {
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const log = new AuditLog(disk, clock, path)
  for (let n = 0; n < lines; n++) await log.add(entry(`POST /${n} "ü"`))
  const textOf = async (): Promise<readonly string[]> => (await readTextFile(disk, path))!.trimEnd().split('\n')
  const put = (texts: readonly string[]): Promise<void> => replaceTextFile(disk, path, `${texts.join('\n')}\n`)
  return { disk, clock, log, textOf, put }
}

test('every line follows the one before, over restarts, and the head is that of the newest', async () => {
  const { disk, clock, log } = await stage(3)
  const before = await log.head()
  await log.close()

  const again = new AuditLog(disk, clock, path)
  const head = await again.add(entry('POST /again'))

  assert.equal(before.lines, 3)
  assert.equal(head.lines, 4)
  assert.deepEqual(await verifyAudit(disk, path, before.hash), { ...head, hasSeen: true })
  const lines = await readAudit(disk, path, { after: 2, count: 10 })
  assert.deepEqual(
    lines.map(({ n, who, asked }) => [n, who, asked]),
    [
      [3, 'ann', 'POST /2 "ü"'],
      [4, 'ann', 'POST /again'],
    ],
  )
})

test('lines that are added at once stand in one chain', async () => {
  const { disk, log } = await stage(0)
  await Promise.all(Array.from({ length: 20 }, (_, n) => log.add(entry(`POST /${n}`))))
  assert.equal((await verifyAudit(disk, path)).lines, 20)
})

test('a line that was changed, removed, added, moved or repeated is found, wherever it stands', async () => {
  const { disk, textOf, put } = await stage(8)
  const whole = await textOf()
  const forged: Readonly<Record<string, (at: number) => readonly string[]>> = {
    changed: (at) => whole.with(at, whole[at]!.replace('"ann"', '"bob"')),
    spaced: (at) => whole.with(at, whole[at]!.replace('{"n"', '{ "n"')),
    removed: (at) => whole.toSpliced(at, 1),
    added: (at) => whole.toSpliced(at, 0, whole[7]!),
    repeated: (at) => whole.toSpliced(at, 0, whole[at]!),
    moved: (at) => [...whole.toSpliced(at, 1).slice(0, 7 - at), whole[at]!, ...whole.toSpliced(at, 1).slice(7 - at)],
    garbage: (at) => whole.with(at, 'x'),
    empty: (at) => whole.with(at, ''),
  }
  for (const [how, forge] of Object.entries(forged))
    for (let at = 0; at < 7; at++) {
      await put(forge(at))
      const { damage } = await verifyAudit(disk, path)
      assert.ok(damage !== undefined && damage.line <= 9, `${how} at ${at}`)
      if (how !== 'moved') assert.equal(damage.line, how === 'repeated' ? at + 2 : at + 1, `${how} at ${at}`)
    }
})

test('any byte that was changed is found', async () => {
  const { disk, textOf } = await stage(4)
  const text = `${(await textOf()).join('\n')}\n`
  const seed = 7
  const random = new SeededRandom(seed)
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(text)
    const at = Math.floor(random.next() * bytes.length)
    bytes[at] = bytes[at]! ^ (1 << Math.floor(random.next() * 8))
    const file = await disk.open(path)
    await file.write([bytes], 0)
    await file.close()
    const { damage } = await verifyAudit(disk, path)
    assert.ok(damage !== undefined, `seed ${seed}, round ${round}, byte ${at}: not found`)
  }
})

test('lines missing at the end are not seen in the file, but by the head that was seen before', async () => {
  const { disk, log, textOf, put } = await stage(5)
  const head = await log.head()
  await put((await textOf()).slice(0, 3))

  const { damage, hasSeen } = await verifyAudit(disk, path, head.hash)

  assert.deepEqual({ damage, hasSeen }, { damage: undefined, hasSeen: false })
})

test('half a line at the end is damage to who verifies, and is cut off by who goes on', async () => {
  const { disk, clock, log } = await stage(2)
  await log.close()
  const file = await disk.open(path)
  await file.write([Buffer.from('{"n":3,"who":')], await file.size())
  await file.close()

  assert.equal((await verifyAudit(disk, path)).damage?.line, 3)
  await new AuditLog(disk, clock, path).add(entry('POST /next'))
  assert.deepEqual((await verifyAudit(disk, path)).lines, 3)
})

test('nothing is added behind damage, nor to a file that somebody else has written to', async () => {
  const { disk, clock, log, textOf, put } = await stage(3)
  const other = new AuditLog(disk, clock, path)
  await other.add(entry('POST /other'))
  await assert.rejects(log.add(entry('POST /late')), (error) => isMetrobusError(error, 'MB_AUDIT_FAILED'))

  await put((await textOf()).with(1, 'x'))
  const third = new AuditLog(disk, clock, path)
  await assert.rejects(
    third.add(entry('POST /late')),
    (error) => isMetrobusError(error, 'MB_AUDIT_FAILED') && /line 2/.test(error.message),
  )
})

test('what cannot be written is not added, and neither is anything after it', async () => {
  const { disk, clock, textOf } = await stage(1)
  const sync = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
  const open: SimDisk['open'] = async (...asked) => overridden(await disk.open(...asked), { sync })
  const failing = new AuditLog(overridden(disk, { open }), clock, path)
  for (let time = 0; time < 2; time++)
    await assert.rejects(
      failing.add(entry('POST /x')),
      (error) => isMetrobusError(error, 'MB_AUDIT_FAILED') && /EIO/.test(error.message),
    )
  assert.ok((await textOf()).length <= 2)
  await assert.rejects(
    new AuditLog(nodeDisk, clock, '/no/such/folder/audit').add(entry('POST /x')),
    (error) => isMetrobusError(error, 'MB_AUDIT_FAILED') && /ENOENT/.test(error.message),
  )
})

/** The thing with some methods of another. */
const overridden = <Thing extends object>(thing: Thing, methods: Partial<Thing>): Thing =>
  new Proxy(thing, {
    get(_, name) {
      const own: unknown = methods[name as keyof Thing] ?? thing[name as keyof Thing]
      return typeof own === 'function' ? (own.bind(thing) as unknown) : own
    },
  })
