import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchV17, Reader, Writer } from '@platformatic/kafka'
import { isMetrobusError, MetrobusError } from '../../../errors/index.ts'
import { chooseSeed, SeededRandom } from '../../../testing/seeded-random.ts'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { fetch } from './codec/fetch.ts'
import type { AbortedTransaction, FetchAnswer, FetchedPartition, FetchPosition, FetchQuestion } from './codec/fetch.ts'
import { codes } from './codes.ts'
import { crc32c } from './crc32c.ts'
import { committedOf } from './fetch-committed.ts'
import type { FetchPartition, Halt } from './fetch-partition.ts'
import { Fetcher } from './fetcher.ts'
import type { FetchCluster, FetcherOptions } from './fetcher.ts'
import { RecordCursor } from './records-decoder.ts'
import { RecordsEncoder, stampBatch } from './records-encoder.ts'
import { headBytes } from './records-layout.ts'

const seed = chooseSeed()
const replay = `seed ${seed}: METROBUS_SEED=${seed} replays it`
const noRecords = Buffer.alloc(0)

/** One partition as a broker holds it, and what a reader of committed records must be given of it. */
class ModelLog {
  epoch = 0
  begin = 0
  end = 0
  readonly batches: { readonly bytes: Buffer; readonly base: number; readonly last: number }[] = []
  readonly #open = new Map<bigint, { readonly first: number; readonly records: string[] }>()
  readonly #ended: (AbortedTransaction & { readonly marker: number })[] = []
  #committed: string[] = []

  /** The end of what is decided. */
  get stable(): number {
    return Math.min(this.end, ...[...this.#open.values()].map(({ first }) => first))
  }

  /** Every committed record from `offset` on, as `offset:value`. */
  committed(offset = 0): string[] {
    const all = this.#committed.map((record) => [Number(record.split(':')[0]), record] as const)
    return all
      .filter(([at]) => at >= offset && at < this.stable)
      .toSorted(([a], [b]) => a - b)
      .map(([, record]) => record)
  }

  append(producerId: bigint, count: number, bytes: number): void {
    const encoder = new RecordsEncoder()
    const records: string[] = []
    for (let index = 0; index < count; index++) {
      const name = `${this.end + index}:${producerId}`
      encoder.append(this.end, null, name + '.'.repeat(bytes), [])
      records.push(name)
    }
    const isTransactional = producerId >= 0n
    if (isTransactional) {
      const transaction = this.#open.get(producerId)
      if (transaction === undefined) this.#open.set(producerId, { first: this.end, records })
      else transaction.records.push(...records)
    } else this.#committed.push(...records)
    this.#write(encoder.finish(), producerId, count, isTransactional, false)
  }

  /** Ends the open transaction of a producer, if there is one; a marker is written all the same, as after a retry. */
  finish(producerId: bigint, isCommit: boolean): void {
    const transaction = this.#open.get(producerId)
    this.#open.delete(producerId)
    if (isCommit) this.#committed.push(...(transaction?.records ?? []))
    else if (transaction !== undefined)
      this.#ended.push({ producerId, firstOffset: transaction.first, marker: this.end })
    const encoder = new RecordsEncoder()
    encoder.append(0, Buffer.from([0, 0, 0, isCommit ? 1 : 0]), Buffer.alloc(6), [])
    this.#write(encoder.finish(), producerId, 1, true, true)
  }

  finishAll(isCommit: boolean): void {
    for (const producerId of this.#open.keys()) this.finish(producerId, isCommit)
  }

  /** What the leader answers: whole batches from the one that holds `offset`, cut at `maxBytes` but, if it may, never within the first. */
  answer(offset: number, maxBytes: number, mayExceed: boolean): { records: Buffer; aborted: AbortedTransaction[] } {
    const { stable } = this
    const whole = this.batches.filter(({ base, last }) => last >= offset && base < stable)
    const bytes = Buffer.concat(whole.map((batch) => batch.bytes))
    const limit = mayExceed ? Math.max(maxBytes, whole[0]?.bytes.length ?? 0) : maxBytes
    const records = bytes.subarray(0, limit)
    const aborted = this.#ended.filter(({ marker }) => marker >= offset)
    return { records, aborted: aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })) }
  }

  #write(bytes: Buffer, producerId: bigint, count: number, isTransactional: boolean, isControl: boolean): void {
    bytes.writeBigInt64BE(BigInt(this.end), 0)
    bytes.writeInt32BE(this.epoch, 12)
    if (isControl) bytes.writeInt16BE(bytes.readInt16BE(21) | 0x20, 21)
    stampBatch(bytes, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional })
    this.batches.push({ bytes, base: this.end, last: this.end + count - 1 })
    this.end += count
  }
}

function grow(log: ModelLog, random: SeededRandom, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const producerId = BigInt(random.between(-1, 3))
    const what = random.next()
    if (what < 0.6 || producerId < 0n) log.append(producerId, random.between(1, 4), random.pick([0, 5, 60, 300, 1500]))
    else log.finish(producerId, what < 0.75)
  }
}

const nameOf = (cursor: RecordCursor): string =>
  cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd).replace(/\.+$/, '')
const startOf = (value: string): number => Number(value.split(':')[0])

/** Reads to the end of what is decided, with answers of at most `maxBytes`. */
function readAll(log: ModelLog, from: number, maxBytes: number, mayExceed: boolean): string[] {
  const seen: string[] = []
  let position = from
  let limit = maxBytes
  while (position < log.stable) {
    const { records, aborted } = log.answer(position, limit, mayExceed)
    const committed = committedOf(records, aborted, position)
    if (committed.isCut) limit *= 2
    else assert.ok(committed.position > position, `no progress at ${position}; ${replay}`)
    for (const batch of committed.batches) {
      const cursor = new RecordCursor(batch)
      while (cursor.next()) if (cursor.offset >= position) seen.push(nameOf(cursor))
    }
    position = committed.position
  }
  return seen
}

test('what is committed is read, and nothing else, from every offset and in answers of any size', () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 20; round++) {
    const log = new ModelLog()
    grow(log, random, 60)
    for (let from = 0; from <= log.end; from++) {
      const maxBytes = random.pick([80, 200, 1024, 4096, 65_536])
      const seen = readAll(log, from, maxBytes, random.chance(0.5))
      assert.deepEqual(seen, log.committed(from), `from ${from} with ${maxBytes} bytes, round ${round}; ${replay}`)
    }
  }
})

test('two aborted transactions of one producer in one answer are both hidden, and what it commits between them is not', () => {
  const log = new ModelLog()
  log.append(1n, 2, 0)
  log.finish(1n, false)
  log.append(1n, 1, 0)
  log.finish(1n, true)
  log.append(1n, 2, 0)
  log.finish(1n, false)
  assert.deepEqual(readAll(log, 0, 65_536, true), ['3:1'])
})

test('an answer that begins at the marker of an abort is read', () => {
  const log = new ModelLog()
  log.append(1n, 2, 0)
  log.finish(1n, false)
  log.append(1n, 1, 0)
  log.finish(1n, true)
  assert.deepEqual(readAll(log, 2, 65_536, true), ['3:1'])
})

test('an aborted transaction whose marker is not in the answer is hidden', () => {
  const log = new ModelLog()
  for (let count = 0; count < 20; count++) log.append(1n, 1, 100)
  log.finish(1n, false)
  assert.deepEqual(readAll(log, 0, 200, true), [])
})

test('the question is written as the client writes it', () => {
  const id = '0b1c2d3e-4f50-4162-8394-a5b6c7d8e9f0'
  const position: FetchPosition = { partition: 3, leaderEpoch: 7, offset: 2 ** 40, lastEpoch: 6, maxBytes: 1000 }
  const question: FetchQuestion = {
    maxWaitMs: 250,
    minBytes: 1,
    maxBytes: 5000,
    sessionId: 9,
    sessionEpoch: 4,
    topics: [{ topicId: id, partitions: [position] }],
    forgotten: [{ topicId: id, partitions: [1, 2] }],
  }
  const theirs = fetchV17.createRequest(
    250,
    1,
    5000,
    1,
    9,
    4,
    [
      {
        topicId: id,
        partitions: [
          {
            partition: 3,
            currentLeaderEpoch: 7,
            fetchOffset: BigInt(2 ** 40),
            lastFetchedEpoch: 6,
            partitionMaxBytes: 1000,
          },
        ],
      },
    ],
    [{ topicId: id, partitions: [1, 2] }],
    '',
  )
  assert.deepEqual(fetch.encode(Writer.create(), question).buffer, theirs.buffer)
})

test('an answer is read to its last field', () => {
  const id = '0b1c2d3e-4f50-4162-8394-a5b6c7d8e9f0'
  const writer = Writer.create().appendInt32(0).appendInt16(0).appendInt32(77)
  writer.appendArray([1, 2], (topic) =>
    topic.appendUUID(id).appendArray(
      [5, 6],
      (w, partition) => {
        w.appendInt32(partition).appendInt16(partition === 5 ? 0 : 1)
        w.appendInt64(90n).appendInt64(80n).appendInt64(0n)
        w.appendArray([4n], (a, producer) => a.appendInt64(producer).appendInt64(12n)).appendInt32(-1)
        w.appendUnsignedVarInt(4).append(Buffer.from('abc'))
        w.appendUnsignedVarInt(1).appendUnsignedVarInt(0).appendUnsignedVarInt(12).appendInt32(3).appendInt64(44n)
      },
      true,
      false,
    ),
  )
  writer.appendTaggedFields()
  const answer = fetch.decode(Reader.from(writer.buffer))
  const partition = (index: number): FetchedPartition => ({
    errorCode: index === 5 ? 0 : 1,
    partition: index,
    stableOffset: 80,
    aborted: [{ producerId: 4n, firstOffset: 12 }],
    divergedAt: 44,
    records: Buffer.from('abc'),
  })
  const topic = { topicId: id, partitions: [partition(5), partition(6)] }
  assert.deepEqual(answer, { errorCode: 0, sessionId: 77, topics: [topic, topic] })
})

interface Session {
  readonly id: number
  epoch: number
  readonly positions: Map<string, FetchPosition>
}

/** Brokers that answer fetches of a few logs as real ones do, with sessions, and that fail when they are told to. */
class ScriptedCluster implements FetchCluster {
  readonly logs: ModelLog[]
  readonly leaders: number[]
  readonly questions: FetchQuestion[] = []
  readonly #clock: VirtualClock
  readonly #random: SeededRandom
  readonly #sessions = new Map<number, Session>()
  readonly #known: { readonly node: number; readonly epoch: number }[]
  topicId = 'id-0'
  knownTopicId: string | undefined = 'id-0'
  refreshes = 0
  /** 0 to 1: how often something goes wrong. */
  trouble = 0
  /** Answers are cut at the limit of a partition, even within their first batch, as they were by brokers of old. */
  cuts = false
  /** The codes that the next answers have for every partition, and for themselves. */
  readonly partitionCodes: number[] = []
  readonly answerCodes: number[] = []
  #lastSession = 0

  constructor(clock: VirtualClock, random: SeededRandom, partitions: number) {
    this.#clock = clock
    this.#random = random
    this.logs = Array.from({ length: partitions }, () => new ModelLog())
    this.leaders = this.logs.map((_, partition) => partition % 2)
    this.#known = this.leaders.map((node) => ({ node, epoch: 0 }))
  }

  topic(name: string): { name: string; id: string; partitions: number } | undefined {
    return this.knownTopicId === undefined ? undefined : { name, id: this.knownTopicId, partitions: this.logs.length }
  }

  leader(_topic: string, partition: number): { node: number; epoch: number } | undefined {
    return this.#known[partition]
  }

  async refresh(): Promise<void> {
    this.refreshes++
    await this.#pause(this.#random.between(0, 5))
    if (this.#random.chance(this.trouble)) throw noAnswer()
    for (const partition of this.logs.keys()) this.#learn(partition)
  }

  move(partition: number, node: number): void {
    this.leaders[partition] = node
    this.logs[partition]!.epoch++
  }

  forgetSessions(): void {
    this.#sessions.clear()
  }

  async request<Question, Answer>(node: number, _api: unknown, asked: Question): Promise<Answer> {
    const question = asked as unknown as FetchQuestion
    this.questions.push(question)
    await this.#pause(this.#random.between(0, 3))
    if (this.#random.chance(this.trouble / 2)) throw noAnswer()
    if (this.#random.chance(this.trouble)) this.#sessions.clear()
    const until = this.#clock.monotonic() + question.maxWaitMs
    let answer = this.#answer(node, question)
    while (answer.topics.length === 0 && answer.errorCode === 0 && this.#clock.monotonic() < until) {
      await this.#pause(2)
      answer = this.#served(node, answer.sessionId, question)
    }
    if (this.#random.chance(this.trouble / 2)) throw noAnswer()
    return answer as unknown as Answer
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.timer(ms, resolve))
  }

  #learn(partition: number): void {
    this.#known[partition] = { node: this.leaders[partition]!, epoch: this.logs[partition]!.epoch }
  }

  #answer(node: number, question: FetchQuestion): FetchAnswer {
    const refused = (errorCode: number): FetchAnswer => ({ errorCode, sessionId: 0, topics: [] })
    const scripted = this.answerCodes.shift()
    if (scripted !== undefined) return refused(scripted)
    const named = question.topics.flatMap(({ topicId, partitions }) => partitions.map((p) => [topicId, p] as const))
    if (question.sessionEpoch === 0) {
      this.#sessions.delete(question.sessionId)
      const id = this.#random.chance(this.trouble) ? 0 : ++this.#lastSession
      this.#sessions.set(id, { id, epoch: 1, positions: new Map(named.map(([t, p]) => [`${t}/${p.partition}`, p])) })
      return this.#served(node, id, question)
    }
    const session = this.#sessions.get(question.sessionId)
    if (session === undefined) return refused(codes.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== question.sessionEpoch) return refused(codes.INVALID_FETCH_SESSION_EPOCH)
    session.epoch++
    for (const [topicId, position] of named) session.positions.set(`${topicId}/${position.partition}`, position)
    for (const { topicId, partitions } of question.forgotten)
      for (const partition of partitions) session.positions.delete(`${topicId}/${partition}`)
    return this.#served(node, session.id, question)
  }

  #served(node: number, sessionId: number, question: FetchQuestion): FetchAnswer {
    const session = this.#sessions.get(sessionId)
    const partitions: FetchedPartition[] = []
    let left = question.maxBytes
    const code = this.partitionCodes.shift()
    for (const position of session?.positions.values() ?? []) {
      const one =
        code === undefined
          ? this.#onePartition(node, position, left, partitions.length === 0)
          : refusedPartition(position.partition, code)
      if (one === undefined) continue
      left = Math.max(0, left - one.records.length)
      partitions.push(one)
    }
    // Whoever was served stands behind the others the next time.
    for (const { partition } of partitions) {
      const key = `${this.topicId}/${partition}`
      const position = session!.positions.get(key)!
      session!.positions.delete(key)
      session!.positions.set(key, position)
    }
    const topics = partitions.length === 0 ? [] : [{ topicId: this.topicId, partitions }]
    return { errorCode: 0, sessionId, topics }
  }

  #onePartition(node: number, position: FetchPosition, left: number, isFirst: boolean): FetchedPartition | undefined {
    const { partition, offset, leaderEpoch, maxBytes } = position
    const log = this.logs[partition]!
    const refused = (code: number): FetchedPartition => refusedPartition(partition, code)
    if (this.topicId !== this.knownTopicId) return refused(codes.UNKNOWN_TOPIC_ID)
    if (this.leaders[partition] !== node) return refused(codes.NOT_LEADER_OR_FOLLOWER)
    if (leaderEpoch < log.epoch) return refused(codes.FENCED_LEADER_EPOCH)
    if (this.#random.chance(this.trouble / 5)) return refused(this.#random.pick(passing))
    if (offset < log.begin || offset > log.end) return refused(codes.OFFSET_OUT_OF_RANGE)
    const limit = this.cuts ? maxBytes : Math.min(maxBytes, left)
    const { records, aborted } = log.answer(offset, limit, !this.cuts && isFirst)
    // Only the first partition of an answer may have a batch beyond the limit; a later one that cannot begin has nothing.
    const isWhole = records.length >= headBytes && records.length >= headBytes + records.readInt32BE(8)
    if (!isWhole && (!this.cuts || records.length === 0)) return undefined
    const damaged = this.#random.chance(this.trouble / 5) ? damage(records) : records
    return { errorCode: 0, partition, stableOffset: log.stable, aborted, divergedAt: undefined, records: damaged }
  }
}

const passing = [
  codes.UNKNOWN_LEADER_EPOCH,
  codes.KAFKA_STORAGE_ERROR,
  codes.OFFSET_NOT_AVAILABLE,
  codes.UNKNOWN_TOPIC_OR_PARTITION,
  codes.CORRUPT_MESSAGE,
  -1,
]

function damage(records: Buffer): Buffer {
  const damaged = Buffer.from(records)
  damaged[Math.min(30, damaged.length - 1)]! ^= 1
  return damaged
}

const refusedPartition = (partition: number, errorCode: number): FetchedPartition => ({
  errorCode,
  partition,
  stableOffset: -1,
  aborted: [],
  divergedAt: undefined,
  records: noRecords,
})

const noAnswer = (): MetrobusError =>
  new MetrobusError('MB_KAFKA_NO_ANSWER', { request: 'Fetch', broker: 'b', reason: 'the script says so' })

interface Bench {
  readonly clock: VirtualClock
  readonly cluster: ScriptedCluster
  readonly fetcher: Fetcher
  readonly ready: FetchPartition[]
  readonly halted: (readonly [FetchPartition, Halt, number | undefined])[]
  readonly failed: unknown[]
}

function bench(random: SeededRandom, partitions: number, options: Partial<FetcherOptions> = {}): Bench {
  const clock = new VirtualClock()
  const cluster = new ScriptedCluster(clock, random, partitions)
  const ready: FetchPartition[] = []
  const halted: (readonly [FetchPartition, Halt, number | undefined])[] = []
  const failed: unknown[] = []
  const listener = {
    ready: (partition: FetchPartition) => void ready.push(partition),
    halted: (partition: FetchPartition, halt: Halt, at?: number) => void halted.push([partition, halt, at]),
    failed: (error: unknown) => void failed.push(error),
  }
  const fetcher = new Fetcher({ cluster, clock, listener, ...options })
  return { clock, cluster, fetcher, ready, halted, failed }
}

function takeAll(partition: FetchPartition): string[] {
  const taken: string[] = []
  for (let cursor = partition.next(); cursor !== undefined; cursor = partition.next()) taken.push(nameOf(cursor))
  return taken
}

test('every committed record is handed out once and in order, whatever brokers, leaders and connections do', async () => {
  for (let round = 0; round < 8; round++) {
    const random = new SeededRandom(seed + round)
    const partitionBytesMax = random.pick([1024, 4096, 65_536])
    const options = { partitionBytesMax, bytesMax: random.pick([8192, 65_536]), maxWaitMs: random.pick([5, 50]) }
    const { clock, cluster, fetcher, failed, halted } = bench(random, 4, options)
    cluster.trouble = random.pick([0, 0.1, 0.3])
    cluster.cuts = random.chance(0.3)
    const begins = cluster.logs.map(() => 0)
    const partitions = begins.map((offset, partition) => fetcher.add('t', partition, offset))
    const seen = partitions.map((): string[] => [])
    for (let step = 0; step < 60; step++) {
      for (const log of cluster.logs) grow(log, random, random.below(4))
      if (random.chance(0.2)) cluster.move(random.below(4), random.below(3))
      await clock.advance(random.below(80))
      for (const [index, partition] of partitions.entries()) {
        if (random.chance(0.3)) seen[index]!.push(...takeAll(partition))
        const buffered = partitions.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
        const bound = cluster.cuts ? Infinity : options.bytesMax + 3 * 6500
        assert.ok(buffered <= bound, `${buffered} bytes are buffered; ${replay}, round ${round}`)
        if (!random.chance(0.05)) continue
        const offset = random.below(cluster.logs[index]!.stable + 1)
        fetcher.seek(partition, offset)
        seen[index] = cluster.logs[index]!.committed().filter((record) => startOf(record) < offset)
      }
    }
    cluster.trouble = 0
    for (const log of cluster.logs) log.finishAll(random.chance(0.5))
    const isBehind = (): boolean => cluster.logs.some((log, index) => seen[index]!.length < log.committed().length)
    for (let quiet = 0; quiet < 100 && isBehind(); quiet++) {
      await clock.advance(100)
      for (const [index, partition] of partitions.entries()) seen[index]!.push(...takeAll(partition))
    }
    assert.deepEqual([failed, halted], [[], []], `${replay}, round ${round}`)
    for (const [index, log] of cluster.logs.entries())
      assert.deepEqual(seen[index], log.committed(), `partition ${index}; ${replay}, round ${round}`)
  }
})

test('a session tells the broker only what changed, and what is forgotten', async () => {
  const { clock, cluster, fetcher } = bench(new SeededRandom(1), 4)
  const [first] = [0, 2].map((partition) => fetcher.add('t', partition, 0))
  await clock.advance(300)
  cluster.logs[0]!.append(-1n, 1, 0)
  await clock.advance(20)
  const [opening, , moved] = [cluster.questions[0]!, cluster.questions[1]!, cluster.questions.at(-1)!]
  assert.equal(opening.sessionEpoch, 0)
  assert.deepEqual(moved.topics, [
    { topicId: 'id-0', partitions: [{ ...moved.topics[0]!.partitions[0]!, partition: 0, offset: 1 }] },
  ])
  fetcher.remove(first!)
  await clock.advance(600)
  const last = cluster.questions.find(({ forgotten }) => forgotten.length > 0)
  assert.deepEqual(last?.forgotten, [{ topicId: 'id-0', partitions: [0] }])
  assert.deepEqual(cluster.questions.at(-1)!.topics, [])
})

test('a partition whose records are not taken is left out, and the others go on', async () => {
  const { clock, cluster, fetcher } = bench(new SeededRandom(1), 4, { partitionBytesMax: 1024, maxWaitMs: 50 })
  const slow = fetcher.add('t', 0, 0)
  const quick = fetcher.add('t', 2, 0)
  for (let count = 0; count < 40; count++) for (const index of [0, 2]) cluster.logs[index]!.append(-1n, 1, 300)
  const seen: string[] = []
  for (let step = 0; step < 40; step++) {
    await clock.advance(50)
    seen.push(...takeAll(quick))
  }
  assert.deepEqual(seen, cluster.logs[2]!.committed())
  assert.ok(slow.bufferedBytes >= 1024 && slow.bufferedBytes < 2048, `${slow.bufferedBytes} bytes wait`)
  const later: string[] = []
  for (let step = 0; step < 40; step++) {
    later.push(...takeAll(slow))
    await clock.advance(50)
  }
  assert.deepEqual(later, cluster.logs[0]!.committed())
})

test('a broker that has nothing does not hold back the memory of one that has', async () => {
  const { clock, cluster, fetcher } = bench(new SeededRandom(1), 2, { bytesMax: 65_536, answerBytesMax: 65_536 })
  fetcher.add('t', 0, 0)
  const partition = fetcher.add('t', 1, 0)
  await clock.advance(1000)
  for (let step = 0; step < 20; step++) {
    cluster.logs[1]!.append(-1n, 1, 0)
    await clock.advance(30)
    assert.equal(takeAll(partition).length, 1, `step ${step}`)
  }
})

test('a broker whose records are taken quickly does not starve another when memory is short', async () => {
  const { clock, cluster, fetcher } = bench(new SeededRandom(1), 2, { bytesMax: 32_768, maxWaitMs: 20 })
  for (let count = 0; count < 1000; count++) cluster.logs[0]!.append(-1n, 1, 1000)
  const quick = fetcher.add('t', 0, 0)
  await clock.advance(500)
  cluster.logs[1]!.append(-1n, 1, 0)
  const other = fetcher.add('t', 1, 0)
  for (let step = 0; step < 60; step++) {
    quick.next()
    await clock.advance(20)
  }
  assert.deepEqual(takeAll(other), cluster.logs[1]!.committed())
})

test('the late answer of a former leader is not taken', async () => {
  const { clock, cluster, fetcher, halted } = bench(new SeededRandom(1), 1)
  cluster.logs[0]!.append(-1n, 3, 0)
  const served = cluster.request.bind(cluster)
  cluster.request = async <Question, Answer>(node: number, api: unknown, question: Question): Promise<Answer> => {
    if (node !== 0) return served<Question, Answer>(node, api, question)
    await new Promise<void>((resolve) => clock.timer(200, resolve))
    const late = refusedPartition(0, codes.OFFSET_OUT_OF_RANGE)
    return { errorCode: 0, sessionId: 1, topics: [{ topicId: 'id-0', partitions: [late] }] } as Answer
  }
  const partition = fetcher.add('t', 0, 0)
  await clock.advance(50)
  cluster.move(0, 1)
  void cluster.refresh()
  await clock.advance(10)
  fetcher.remove(fetcher.add('t', 0, 0))
  await clock.advance(50)
  const seen = takeAll(partition)
  await clock.advance(500)
  assert.deepEqual([...seen, ...takeAll(partition)], cluster.logs[0]!.committed())
  assert.deepEqual(halted, [])
})

test('a record larger than every limit is read where the broker cuts it off', async () => {
  const { clock, cluster, fetcher } = bench(new SeededRandom(1), 1, { partitionBytesMax: 1024 })
  cluster.cuts = true
  cluster.logs[0]!.append(-1n, 1, 100_000)
  const partition = fetcher.add('t', 0, 0)
  await clock.advance(1000)
  assert.deepEqual(takeAll(partition), cluster.logs[0]!.committed())
  assert.equal(partition.bytesMax, 1024)
})

test('an offset that is gone halts the partition until somebody says where to go on', async () => {
  const { clock, cluster, fetcher, halted } = bench(new SeededRandom(1), 1)
  const [log] = cluster.logs
  for (let count = 0; count < 5; count++) log!.append(-1n, 1, 0)
  log!.begin = 3
  const partition = fetcher.add('t', 0, 1)
  await clock.advance(1000)
  assert.deepEqual(halted, [[partition, 'out of range', undefined]])
  assert.deepEqual(takeAll(partition), [])
  fetcher.seek(partition, 3)
  await clock.advance(1000)
  assert.deepEqual(takeAll(partition), log!.committed(3))
  assert.equal(halted.length, 1)
})

test('a log that was cut halts the partition and says where it ends now', async () => {
  const { clock, cluster, fetcher, halted, ready } = bench(new SeededRandom(1), 1)
  const [log] = cluster.logs
  log!.append(-1n, 2, 0)
  const partition = fetcher.add('t', 0, 0)
  await clock.advance(10)
  assert.equal(ready.length, 1)
  assert.equal(partition.lastEpoch, 0)
  const served = cluster.request.bind(cluster)
  cluster.request = async <Question, Answer>(node: number, api: unknown, question: Question): Promise<Answer> => {
    const answer = (await served(node, api, question)) as FetchAnswer
    const cut = { ...refusedPartition(0, 0), divergedAt: 1 }
    return { ...answer, topics: [{ topicId: 'id-0', partitions: [cut] }] } as Answer
  }
  await clock.advance(600)
  assert.deepEqual(halted, [[partition, 'truncated', 1]])
  assert.deepEqual(takeAll(partition), log!.committed())
})

test('a topic that was made anew under its name halts the partition', async () => {
  const { clock, cluster, fetcher, halted } = bench(new SeededRandom(1), 1)
  const partition = fetcher.add('t', 0, 0)
  await clock.advance(300)
  cluster.knownTopicId = cluster.topicId = 'id-1'
  await clock.advance(1000)
  assert.deepEqual(halted, [[partition, 'recreated', undefined]])
})

test('a topic that nobody knows is missing after its time, not before', async () => {
  const { clock, cluster, fetcher, halted } = bench(new SeededRandom(1), 1, { missingMs: 5000 })
  cluster.knownTopicId = undefined
  const partition = fetcher.add('t', 0, 0)
  await clock.advance(4900)
  assert.deepEqual(halted, [])
  await clock.advance(1200)
  assert.deepEqual(halted, [[partition, 'missing', undefined]])
})

test('a forgotten session is made anew at once', async () => {
  const { clock, cluster, fetcher } = bench(new SeededRandom(1), 1)
  const partition = fetcher.add('t', 0, 0)
  await clock.advance(10)
  cluster.forgetSessions()
  cluster.logs[0]!.append(-1n, 1, 0)
  await clock.advance(260)
  assert.deepEqual(takeAll(partition), cluster.logs[0]!.committed())
})

test('every code of a partition is passed over, halts or fails, and none is a silent loop', async () => {
  for (let code = -1; code <= 130; code++) {
    if (code === 0) continue
    const { clock, cluster, fetcher, failed, halted } = bench(new SeededRandom(1), 1)
    cluster.logs[0]!.append(-1n, 1, 0)
    cluster.partitionCodes.push(code)
    const partition = fetcher.add('t', 0, 0)
    await clock.advance(300)
    const went =
      takeAll(partition).length === 1
        ? 'on'
        : halted.length === 1
          ? 'halted'
          : failed.length === 1
            ? 'failed'
            : 'silent'
    const wanted = code === 1 ? 'halted' : goesOn.has(code) ? 'on' : 'failed'
    assert.equal(went, wanted, `code ${code}`)
    if (went === 'failed') assert.ok(isMetrobusError(failed[0]), `code ${code}`)
  }
})

const goesOn = new Set([-1, 2, 3, 5, 6, 7, 9, 56, 74, 75, 78, 89, 100, 103])

test('a batch that stays damaged ends fetching with its fault, after some tries', async () => {
  const { clock, cluster, fetcher, failed } = bench(new SeededRandom(1), 1)
  const [log] = cluster.logs
  log!.append(-1n, 1, 0)
  log!.batches[0]!.bytes[30]! ^= 1
  fetcher.add('t', 0, 0)
  await clock.advance(3000)
  assert.equal(failed.length, 1)
  assert.ok(isMetrobusError(failed[0], 'MB_KAFKA_BAD_BATCH'))
  assert.equal(cluster.questions.length, 5)
})

test('after close nothing is asked and nothing told', async () => {
  const { clock, cluster, fetcher, ready } = bench(new SeededRandom(1), 1)
  fetcher.add('t', 0, 0)
  await clock.advance(100)
  fetcher.close()
  cluster.logs[0]!.append(-1n, 1, 0)
  const asked = cluster.questions.length
  await clock.advance(5000)
  assert.equal(cluster.questions.length, asked)
  assert.deepEqual(ready, [])
})

test('the checksum of a marker made here is right', () => {
  const log = new ModelLog()
  log.finish(1n, true)
  const [marker] = log.batches
  assert.equal(crc32c(marker!.bytes, 21), marker!.bytes.readUInt32BE(17))
})
