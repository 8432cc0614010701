import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isMetrobusError } from '../../errors/index.ts'
import { SimDisk } from '../../testing/index.ts'
import { ingestSource } from '../ingest-source.ts'
import type { IngestOptions, IngestReport, Intake } from '../ingest-source.ts'
import type { Source, SourceItem } from '../source.ts'
import { fileSource } from './file-source.ts'
import { streamSource } from './stream-source.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const path = '/in/contacts.ndjson'

/** An app that keeps what it is given, and can die before or after a batch is kept. */
class FakeApp implements Intake {
  readonly items: SourceItem[] = []
  readonly kept: Map<string, string> = new Map()
  batches = 0
  dieAt: number | undefined

  async ingest(_entry: string, batch: Parameters<Intake['ingest']>[1]): Promise<{ accepted: number; refused: number }> {
    if (++this.batches === this.dieAt) throw new Death()
    // The sync of a real app takes longer than to read the next batch.
    for (let turn = 0; turn < 100; turn++) await Promise.resolve()
    const before = this.kept.get(batch.position.key)
    assert.ok(
      before === undefined ||
        linesOf(before) <= linesOf(batch.position.value) ||
        runOf(before) < runOf(batch.position.value),
    )
    this.items.push(...batch.items)
    this.kept.set(batch.position.key, batch.position.value)
    const refused = batch.items.filter((item) => 'fault' in item).length
    return { accepted: batch.items.length - refused, refused }
  }

  async positions(): Promise<ReadonlyMap<string, string>> {
    return this.kept
  }

  get ids(): string[] {
    return this.items.flatMap((item) => ('id' in item ? [item.id] : []))
  }
}

const linesOf = (position: string): number => (JSON.parse(position) as { readonly lines: number }).lines
const runOf = (position: string): number => (JSON.parse(position) as { readonly run: number }).run

class Death extends Error {}

async function diskWith(content: string | Uint8Array, at = path): Promise<SimDisk> {
  const disk = new SimDisk()
  await disk.mkdir('/in')
  await (await disk.open(at, { create: true })).close()
  disk.replace(at, typeof content === 'string' ? bytesOf(content) : content)
  return disk
}

const ride = (app: FakeApp, disk: SimDisk, options?: IngestOptions): Promise<IngestReport> =>
  ingestSource(app, 'contacts', fileSource({ path, disk }), options)

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `{"n":${from + index}}\n`).join('')

test('names events by the hash of the file and the line, and bad lines by file and line', async () => {
  const content = '{"n":1}\n\n{"secret":"s" x}\n{"n":4}\n'
  const disk = await diskWith(
    Buffer.concat([bytesOf(content), Buffer.from([0xff, 0x0a]), bytesOf(`"${'x'.repeat(2_000_000)}"\n7`)]),
  )
  const app = new FakeApp()

  const report = await ride(app, disk)

  const hash = report.key
  assert.deepEqual(app.items, [
    { id: `${hash}:1`, data: { n: 1 }, place: 'contacts.ndjson:1' },
    { fault: 'not JSON at character 15', place: 'contacts.ndjson:3' },
    { id: `${hash}:4`, data: { n: 4 }, place: 'contacts.ndjson:4' },
    { fault: 'not UTF-8', place: 'contacts.ndjson:5' },
    { fault: 'longer than 1048576 bytes', place: 'contacts.ndjson:6' },
    { id: `${hash}:7`, data: 7, place: 'contacts.ndjson:7' },
  ])
  assert.deepEqual([report.accepted, report.refused, report.linesDone, report.isComplete], [3, 3, 7, true])
})

test('the hash is that of the content', async () => {
  const content = numbered(1, 3)
  const app = new FakeApp()

  await ride(app, await diskWith(content))

  assert.equal(app.ids[0], `${hashOf(content)}:1`)
})

test('an input that rode already rides no more, under any name', async () => {
  const app = new FakeApp()
  const content = numbered(1, 3)
  await ride(app, await diskWith(content))
  const disk = await diskWith(content, '/in/copy.ndjson')

  const again = await ingestSource(app, 'contacts', fileSource({ path: '/in/copy.ndjson', disk }))

  assert.deepEqual([again.state, again.lines, again.accepted], ['rode-already', 3, 0])
  assert.equal(app.items.length, 3)
})

test('begins a new run with ids of its own when it is told to, and a restart goes on in that run', async () => {
  const app = new FakeApp()
  const content = numbered(1, 5_000)
  const disk = await diskWith(content)
  await ride(app, disk)
  const before = app.items.length
  app.dieAt = app.batches + 2

  await assert.rejects(ride(app, disk, { again: true }), Death)
  const resumed = await ride(app, disk)

  const hash = hashOf(content)
  assert.deepEqual([resumed.state, resumed.run], ['goes-on', 2])
  assert.deepEqual(
    app.ids.slice(before),
    Array.from({ length: 5_000 }, (_, index) => `${hash}:${index + 1}:2`),
  )
})

for (const [name, path, content, expected] of [
  ['NDJSON', '/in/a.ndjson', numbered(1, 9_000), 9_000],
  ['CSV', '/in/a.csv', `n,t\n${Array.from({ length: 9_000 }, (_, n) => `${n},"a\nb"\n`).join('')}`, 9_000],
] as const)
  test(`after a death before any batch of ${name}, what rode and what rides make up the input once, in order`, async () => {
    const disk = await diskWith(content, path)
    const clean = new FakeApp()
    const source = (): Source => fileSource({ path, disk })
    await ingestSource(clean, 'contacts', source())
    assert.equal(clean.items.length, expected)
    for (let dieAt = 1; dieAt <= clean.batches; dieAt++) {
      const app = new FakeApp()
      app.dieAt = dieAt

      await assert.rejects(ingestSource(app, 'contacts', source()), Death)
      const report = await ingestSource(app, 'contacts', source())

      assert.deepEqual(app.items, clean.items)
      assert.equal(report.isComplete, true)
    }
  })

test('a row of CSV longer than what is read at once does not put the position back', async () => {
  const path = '/in/long.csv'
  const disk = await diskWith(`a\n1\n"${'x\n'.repeat(300_000)}"\n3\n`, path)
  const app = new FakeApp()
  app.dieAt = 2

  await assert.rejects(ingestSource(app, 'contacts', fileSource({ path, disk })), Death)
  await ingestSource(app, 'contacts', fileSource({ path, disk }))

  assert.equal(app.ids.length, 3)
})

test('a file that grew by whole lines goes on behind what rode, under its old hash', async () => {
  const app = new FakeApp()
  await ride(app, await diskWith(numbered(1, 3)))

  const grown = await ride(app, await diskWith(numbered(1, 5)))
  const same = await ride(app, await diskWith(numbered(1, 5)))
  const more = await ride(app, await diskWith(numbered(1, 6)))

  const hash = hashOf(numbered(1, 3))
  assert.deepEqual([grown.state, grown.lines, grown.accepted], ['goes-on', 3, 2])
  assert.equal(same.state, 'rode-already')
  assert.equal(more.accepted, 1)
  assert.deepEqual(
    app.ids,
    [1, 2, 3, 4, 5, 6].map((line) => `${hash}:${line}`),
  )
})

test('a file whose last line grew is another input', async () => {
  const app = new FakeApp()
  await ride(app, await diskWith('{"n":1}\n{"n":2}'))

  const report = await ride(app, await diskWith('{"n":1}\n{"n":2}0\n'))

  assert.deepEqual([report.state, report.run, report.lines], ['new', 1, 0])
})

test('a file that changed in the middle is another input', async () => {
  const app = new FakeApp()
  await ride(app, await diskWith(numbered(1, 3)))

  const report = await ride(app, await diskWith(numbered(2, 4)))

  assert.deepEqual([report.state, report.accepted], ['new', 3])
})

test('stops behind a batch when the signal comes, and the rest rides later', async () => {
  const app = new FakeApp()
  const disk = await diskWith(numbered(1, 5_000))
  const stop = new AbortController()

  const first = await ride(app, disk, { signal: stop.signal, progress: () => stop.abort() })
  const second = await ride(app, disk)

  assert.deepEqual([first.isComplete, app.batches > 1, first.linesDone], [false, true, 1_000])
  assert.equal(first.accepted + second.accepted, 5_000)
  assert.equal(new Set(app.ids).size, 5_000)
})

test('stops at once when the signal comes while the app has no room', async () => {
  const stop = new AbortController()
  const app = new FakeApp()
  app.ingest = () => {
    stop.abort()
    return new Promise(() => {})
  }

  const report = await ride(app, await diskWith(numbered(1, 5)), { signal: stop.signal })

  assert.deepEqual([report.accepted, report.isComplete], [0, false])
})

test('says in one sentence which file is missing', async () => {
  const disk = await diskWith('')

  await assert.rejects(
    ingestSource(new FakeApp(), 'contacts', fileSource({ path: '/in/none.csv', disk })),
    (error) => isMetrobusError(error, 'MB_INPUT_UNREADABLE') && /there is no file \/in\/none\.csv/.test(error.message),
  )
})

test('refuses a position of a newer release instead of guessing', async () => {
  const app = new FakeApp()
  app.kept.set('0'.repeat(32), JSON.stringify({ version: 2 }))

  await assert.rejects(ride(app, await diskWith(numbered(1, 3))), (error) =>
    isMetrobusError(error, 'MB_INPUT_UNREADABLE'),
  )
})

test('a stream rides chunk by chunk, and after a death its last accepted line is known', async () => {
  const app = new FakeApp()
  app.dieAt = 3
  const run = (id: string): Promise<IngestReport> => {
    const stream = Object.assign(chunksOf(['{"n":1}\n{"n":', '2}\n', '{"n":3}\n', '4']), { destroy: () => {} })
    return ingestSource(app, 'contacts', streamSource({ stream, newId: () => id }))
  }

  await assert.rejects(run('first'), Death)
  const second = await run('second')
  const third = await run('third')

  assert.deepEqual(app.ids, [
    'first:1',
    'first:2',
    ...[1, 2, 3, 4].map((n) => `second:${n}`),
    ...[1, 2, 3, 4].map((n) => `third:${n}`),
  ])
  assert.deepEqual([second.state, second.lines, second.isComplete], ['cannot-resume', 2, true])
  assert.equal(third.state, 'new')
})

async function* chunksOf(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytesOf(text)
}

test('ends at once when the signal comes while a stream is silent', async () => {
  const stop = new AbortController()
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const stream = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      yield bytesOf('{"n":1}\n')
      await silence
    },
    destroy: () => reject(new Death()),
  }
  const app = new FakeApp()

  const report = await ingestSource(app, 'contacts', streamSource({ stream, newId: () => 'x' }), {
    signal: stop.signal,
    progress: () => stop.abort(),
  })

  assert.deepEqual([report.accepted, report.isComplete], [1, false])
})
