import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerGroupHeartbeatV1, offsetCommitV9, offsetFetchV9, Reader, Writer } from '@platformatic/kafka'
import { isMetrobusError, MetrobusError } from '../../../errors/index.ts'
import { chooseSeed, SeededRandom } from '../../../testing/seeded-random.ts'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { consumerGroupHeartbeat } from './codec/consumer-group-heartbeat.ts'
import type {
  ConsumerGroupHeartbeatAnswer as Answer,
  ConsumerGroupHeartbeatQuestion as Question,
  TopicPartitions,
} from './codec/consumer-group-heartbeat.ts'
import { offsetCommit } from './codec/offset-commit.ts'
import { offsetFetch } from './codec/offset-fetch.ts'
import { codes } from './codes.ts'
import { GroupMember } from './group-member.ts'
import type { GroupCluster, GroupMemberOptions, OwnedPartition } from './group-member.ts'
import { memberAfter, memberTransitions } from './group-state.ts'
import type { MemberEvent, MemberState } from './group-state.ts'

const seed = chooseSeed()
const id = '0b1c2d3e-4f50-4162-8394-a5b6c7d8e9f0'
const heartbeatMs = 500

/** A cluster with one group, whose coordinator answers what its script says. */
class ScriptedGroup implements GroupCluster {
  readonly questions: Question[] = []
  readonly forgotten: string[] = []
  readonly clock = new VirtualClock()
  answer: (question: Question) => Answer | 'lost' | 'waits' = () => accepted(1)
  answersAfterMs = 1
  topicId: string | undefined = id
  coordinatorError: MetrobusError | undefined

  topic(name: string): { name: string; id: string; partitions: number } | undefined {
    return this.topicId === undefined ? undefined : { name, id: this.topicId, partitions: 8 }
  }

  refresh(): Promise<void> {
    this.topicId ??= id
    return Promise.resolve()
  }

  coordinator(): Promise<number> {
    return this.coordinatorError === undefined ? Promise.resolve(1) : Promise.reject(this.coordinatorError)
  }

  forget(_kind: string, group: string): void {
    this.forgotten.push(group)
  }

  async request<Q, A>(_node: number, _api: unknown, asked: Q): Promise<A> {
    const question = asked as unknown as Question
    this.questions.push(question)
    const answer = this.answer(question)
    await new Promise<void>((resolve) => this.clock.timer(answer === 'waits' ? 1e9 : this.answersAfterMs, resolve))
    if (answer === 'lost')
      throw new MetrobusError('MB_KAFKA_NO_ANSWER', { request: 'heartbeat', broker: 'b', reason: 'the script says so' })
    return answer as unknown as A
  }
}

const accepted = (memberEpoch: number, partitions?: readonly number[]): Answer => ({
  errorCode: 0,
  errorMessage: null,
  memberEpoch,
  heartbeatMs,
  assignment: partitions === undefined ? undefined : partitionsOf(partitions),
})

const refused = (errorCode: number): Answer => ({ ...accepted(0), errorCode, errorMessage: 'the script says so' })

const partitionsOf = (partitions: readonly number[]): TopicPartitions[] =>
  partitions.length === 0 ? [] : [{ topicId: id, partitions }]

interface Bench {
  readonly group: ScriptedGroup
  readonly member: GroupMember
  /** What the listener was told, in words. */
  readonly told: string[]
  readonly errors: unknown[]
  /** Revocations that wait to be done, oldest first. */
  readonly revocations: (() => void)[]
}

const words = (partitions: readonly OwnedPartition[]): string =>
  partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(' ')

function bench(options: Partial<GroupMemberOptions> = {}): Bench {
  const group = new ScriptedGroup()
  const told: string[] = []
  const errors: unknown[] = []
  const revocations: (() => void)[] = []
  const listener = {
    assigned: (partitions: readonly OwnedPartition[]) => void told.push(`assigned ${words(partitions)}`),
    revoke: (partitions: readonly OwnedPartition[]) => {
      told.push(`revoke ${words(partitions)}`)
      return new Promise<void>((resolve) => void revocations.push(resolve))
    },
    lost: (partitions: readonly OwnedPartition[]) => void told.push(`lost ${words(partitions)}`),
    failed: (error: unknown) => void errors.push(error),
  }
  const base = { cluster: group, clock: group.clock, listener, group: 'g', memberId: 'm', topics: ['t'] }
  return { group, member: new GroupMember({ ...base, ...options }), told, errors, revocations }
}

/** A member that owns 0 and 1 at epoch 1. */
async function joined(options: Partial<GroupMemberOptions> = {}): Promise<Bench> {
  const made = bench(options)
  made.group.answer = ({ memberEpoch }) => accepted(1, memberEpoch === 0 ? [0, 1] : undefined)
  made.member.join()
  await made.group.clock.advance(10)
  made.told.length = made.group.questions.length = 0
  return made
}

test('questions are written as the client writes them', () => {
  const question: Question = {
    group: 'g',
    memberId: 'm',
    memberEpoch: 3,
    instanceId: 'i',
    rack: null,
    rebalanceMs: 500,
    topics: ['a', 'b'],
    assignor: 'uniform',
    owned: [{ topicId: id, partitions: [1, 2] }],
  }
  const theirs = consumerGroupHeartbeatV1.createRequest
  const owned = [{ topicId: id, partitions: [1, 2] }]
  assert.deepEqual(
    consumerGroupHeartbeat.encode(Writer.create(), question).buffer,
    theirs('g', 'm', 3, 'i', null, 500, ['a', 'b'], null, 'uniform', owned).buffer,
  )
  const quiet = { ...question, instanceId: null, rebalanceMs: -1, topics: null, assignor: null, owned: null }
  assert.deepEqual(
    consumerGroupHeartbeat.encode(Writer.create(), quiet).buffer,
    theirs('g', 'm', 3, null, null, -1, null, null, null, null).buffer,
  )
  const membership = { group: 'g', memberId: 'm', memberEpoch: 3, instanceId: null }
  const position = { topic: 'a', partition: 1, offset: 5, leaderEpoch: 2, metadata: 'x' }
  const partition = { partitionIndex: 1, committedOffset: 5n, committedLeaderEpoch: 2, committedMetadata: 'x' }
  assert.deepEqual(
    offsetCommit.encode(Writer.create(), { ...membership, positions: [position] }).buffer,
    offsetCommitV9.createRequest('g', 3, 'm', null, [{ name: 'a', partitions: [partition] }]).buffer,
  )
  assert.deepEqual(
    offsetFetch.encode(Writer.create(), { ...membership, topics: [{ topic: 'a', partitions: [1, 2] }] }).buffer,
    offsetFetchV9.createRequest(
      [{ groupId: 'g', memberId: 'm', memberEpoch: 3, topics: [{ name: 'a', partitionIndexes: [1, 2] }] }] as never,
      true,
    ).buffer,
  )
})

test('answers are read to their last field', () => {
  const beat = Writer.create().appendInt32(0).appendInt16(0).appendString(null).appendString('m').appendInt32(4)
  beat.appendInt32(500).appendInt8(1)
  beat.appendArray([id], (w, topic) =>
    w.appendUUID(topic).appendArray([1, 2], (w, partition) => w.appendInt32(partition), true, false),
  )
  beat.appendTaggedFields().appendTaggedFields()
  assert.deepEqual(consumerGroupHeartbeat.decode(Reader.from(beat.buffer)), accepted(4, [1, 2]))
  const fetched = Writer.create().appendInt32(0)
  fetched.appendArray(['g'], (w, group) => {
    w.appendString(group).appendArray(['a'], (w, topic) =>
      w
        .appendString(topic)
        .appendArray([1, 2], (w, partition) =>
          w.appendInt32(partition).appendInt64(9n).appendInt32(2).appendString('x').appendInt16(0),
        ),
    )
    w.appendInt16(0)
  })
  fetched.appendTaggedFields()
  const offset = { topic: 'a', offset: 9, leaderEpoch: 2, metadata: 'x', errorCode: 0 }
  assert.deepEqual(offsetFetch.decode(Reader.from(fetched.buffer)), {
    errorCode: 0,
    partitions: [1, 2].map((partition) => ({ ...offset, partition })),
  })
})

test('every way of the table goes where it says, and every other is refused', () => {
  const ways: readonly (readonly [MemberState, MemberEvent, MemberState])[] = [
    ['idle', 'join', 'joining'],
    ['idle', 'leave', 'leaving'],
    ['joining', 'accepted', 'stable'],
    ['stable', 'accepted', 'stable'],
    ['stable', 'target', 'revoking'],
    ['revoking', 'accepted', 'revoking'],
    ['revoking', 'revoked', 'stable'],
    ['leaving', 'left', 'left'],
    ...(['joining', 'stable', 'revoking'] as const).flatMap((state) => [
      [state, 'fenced', 'joining'] as const,
      [state, 'leave', 'leaving'] as const,
      [state, 'refused', 'failed'] as const,
    ]),
  ]
  const events: readonly MemberEvent[] = ['join', 'accepted', 'target', 'revoked', 'fenced', 'leave', 'left', 'refused']
  for (const state of Object.keys(memberTransitions) as MemberState[])
    for (const event of events) {
      const way = ways.find(([from, told]) => from === state && told === event)
      if (way === undefined) assert.throws(() => memberAfter(state, event), { code: 'MB_BUS_FAILED' })
      else assert.equal(memberAfter(state, event), way[2], `${state} ${event}`)
    }
})

test('a member that joins says everything once, and then only what changed', async () => {
  const { group, member, told } = bench({ instanceId: 'i', rack: 'r' })
  group.answer = ({ memberEpoch }) => accepted(1, memberEpoch === 0 ? [0, 1] : undefined)
  member.join()
  await group.clock.advance(2 * heartbeatMs)
  const first = { group: 'g', memberId: 'm', memberEpoch: 0, instanceId: 'i', rack: 'r', rebalanceMs: 60_000 }
  assert.deepEqual(group.questions[0], { ...first, topics: ['t'], assignor: 'uniform', owned: [] })
  const later = { ...first, memberEpoch: 1, rack: null, rebalanceMs: -1, topics: null, assignor: null, owned: null }
  assert.deepEqual(group.questions[1], { ...later, owned: partitionsOf([0, 1]) })
  assert.deepEqual(group.questions[2], later)
  assert.deepEqual(told, ['assigned t/0 t/1'])
  assert.deepEqual(member.membership, { group: 'g', memberId: 'm', memberEpoch: 1, instanceId: 'i' })
  assert.deepEqual([member.owns('t', 1), member.owns('t', 2), member.owns('u', 1)], [true, false, false])
})

test('what goes is given up before what comes is taken, and heartbeats do not wait for it', async () => {
  const { group, member, told, revocations } = await joined()
  let target: number[] | undefined = [1, 2]
  group.answer = () => {
    const given = target
    target = undefined
    return accepted(1, given)
  }
  await group.clock.advance(10 * heartbeatMs)
  assert.deepEqual(told, ['revoke t/0'])
  assert.equal(member.state, 'revoking')
  assert.ok(member.owns('t', 0))
  assert.ok(group.questions.length >= 9, `${group.questions.length} heartbeats`)
  assert.ok(group.questions.every(({ owned }) => owned === null))
  group.questions.length = 0
  revocations.shift()!()
  await group.clock.advance(5)
  assert.deepEqual(told, ['revoke t/0', 'assigned t/2'])
  assert.deepEqual(
    group.questions.map(({ owned }) => owned),
    [partitionsOf([1, 2])],
  )
  assert.deepEqual([member.state, member.owns('t', 0)], ['stable', false])
})

test('a target that is what is owned already is acknowledged all the same', async () => {
  const { group, told } = await joined()
  const targets = [[0, 1]]
  group.answer = () => accepted(1, targets.shift())
  await group.clock.advance(3.5 * heartbeatMs)
  const acknowledged = group.questions.map(({ owned }) => owned !== null)
  assert.deepEqual([acknowledged, told], [[false, true, false], []])
})

test('what was assigned before everything was said again is not taken', async () => {
  const { group, told, revocations } = await joined()
  const answers = [accepted(1, [1, 2]), 'lost', accepted(2)] as const
  let next = 0
  group.answer = () => answers[Math.min(next++, 2)]!
  await group.clock.advance(4 * heartbeatMs)
  revocations.shift()!()
  await group.clock.advance(10)
  assert.deepEqual(told, ['revoke t/0'])
  group.answer = () => accepted(3, [1, 2])
  await group.clock.advance(heartbeatMs)
  assert.deepEqual(told, ['revoke t/0', 'assigned t/2'])
})

test('a newer target that comes while giving up is followed afterwards', async () => {
  const { group, told, revocations } = await joined()
  const targets = [[1], [3], undefined]
  group.answer = () => accepted(2, targets.shift())
  await group.clock.advance(3 * heartbeatMs)
  assert.deepEqual(told, ['revoke t/0'])
  revocations.shift()!()
  await group.clock.advance(10)
  assert.deepEqual(told, ['revoke t/0', 'revoke t/1'])
  revocations.shift()!()
  await group.clock.advance(10)
  assert.deepEqual(told, ['revoke t/0', 'revoke t/1', 'assigned t/3'])
})

test('after an answer that was lost everything is said again, with the old epoch', async () => {
  const { group } = await joined()
  group.answer = () => 'lost'
  await group.clock.advance(heartbeatMs + 200)
  group.answer = () => accepted(2, [0, 1])
  await group.clock.advance(1500)
  const said = group.questions.find(({ topics }) => topics !== null)
  assert.deepEqual(said?.owned, partitionsOf([0, 1]))
  assert.equal(said?.memberEpoch, 1)
  assert.ok(group.forgotten.length > 0)
  assert.equal(group.questions.at(-1)!.memberEpoch, 2)
})

for (const code of [codes.FENCED_MEMBER_EPOCH, codes.UNKNOWN_MEMBER_ID])
  test(`a member that is fenced (${code}) loses everything and joins anew`, async () => {
    const { group, member, told, revocations } = await joined()
    let epoch = 1
    group.answer = () => accepted(epoch, [1])
    await group.clock.advance(heartbeatMs + 10)
    assert.deepEqual(told, ['revoke t/0'])
    group.answer = ({ memberEpoch }) =>
      memberEpoch === 0 ? accepted((epoch = 9), [5]) : memberEpoch === 1 ? refused(code) : accepted(9)
    await group.clock.advance(2 * heartbeatMs)
    assert.deepEqual(told, ['revoke t/0', 'lost t/0 t/1', 'assigned t/5'])
    const rejoin = group.questions.find(({ memberEpoch }) => memberEpoch === 0)!
    assert.deepEqual([rejoin.owned, rejoin.topics], [[], ['t']])
    revocations.shift()!()
    await group.clock.advance(10)
    assert.deepEqual(told, ['revoke t/0', 'lost t/0 t/1', 'assigned t/5'])
    assert.equal(member.membership.memberEpoch, 9)
  })

test('another coordinator is looked for when this one says that it is none', async () => {
  for (const code of [codes.NOT_COORDINATOR, codes.COORDINATOR_NOT_AVAILABLE]) {
    const { group, member, told, errors } = await joined()
    group.answer = () => refused(code)
    await group.clock.advance(heartbeatMs + 50)
    assert.ok(group.forgotten.length > 0)
    group.answer = () => accepted(1)
    await group.clock.advance(2000)
    assert.deepEqual([member.state, told, errors], ['stable', [], []])
  }
})

test('while nobody says who coordinates the group, the member asks again', async () => {
  const { group, member, errors } = bench()
  const facts = { request: 'FindCoordinator', what: 'group', name: 'COORDINATOR_NOT_AVAILABLE' }
  group.coordinatorError = new MetrobusError('MB_KAFKA_NOT_NOW', { ...facts, code: codes.COORDINATOR_NOT_AVAILABLE })
  member.join()
  await group.clock.advance(5000)
  assert.deepEqual([group.questions.length, errors], [0, []])
  group.coordinatorError = undefined
  await group.clock.advance(2000)
  assert.equal(member.state, 'stable')
})

test('a static name that another holds is waited for, and not for ever', async () => {
  const { group, member, errors } = bench({ instanceId: 'i', takenMs: 10_000 })
  group.answer = () => refused(codes.UNRELEASED_INSTANCE_ID)
  member.join()
  await group.clock.advance(9000)
  assert.deepEqual(errors, [])
  await group.clock.advance(3000)
  assert.equal(errors.length, 1)
  assert.equal(member.state, 'failed')
})

test('every code is waited out, fences or fails, and none is a silent loop', async () => {
  const passes = new Set([-1, 7, 14, 15, 16, 88, 89, 111])
  const fences = new Set([22, 25, 69, 110, 113])
  for (let code = -1; code <= 130; code++) {
    if (code === 0) continue
    const { group, member, told, errors } = await joined()
    const script = [refused(code)]
    group.answer = ({ memberEpoch }) => script.shift() ?? accepted(2, memberEpoch === 0 ? [7] : undefined)
    await group.clock.advance(4 * heartbeatMs)
    const went = errors.length === 1 ? 'failed' : told.includes('lost t/0 t/1') ? 'fenced' : member.state
    const wanted = passes.has(code) ? 'stable' : fences.has(code) ? 'fenced' : 'failed'
    assert.equal(went, wanted, `code ${code}`)
    if (went === 'failed') assert.ok(isMetrobusError(errors[0]))
  }
})

test('a topic that is not known by its id yet is learned before it is assigned', async () => {
  const { group, member, told } = bench()
  group.topicId = undefined
  group.answer = ({ memberEpoch }) => accepted(1, memberEpoch === 0 ? [3] : undefined)
  member.join()
  await group.clock.advance(100)
  assert.deepEqual(told, ['assigned t/3'])
})

test('confirm ends with the answer to a heartbeat that was asked after it', async () => {
  const { group, member } = await joined()
  group.answersAfterMs = 100
  group.answer = () => accepted(2)
  await group.clock.advance(heartbeatMs + 50)
  let isConfirmed = false
  void member.confirm().then(() => (isConfirmed = true))
  group.answer = () => accepted(3)
  await group.clock.advance(60)
  assert.equal(isConfirmed, false)
  await group.clock.advance(200)
  assert.deepEqual([isConfirmed, member.membership.memberEpoch], [true, 3])
})

test('confirm ends when the member is fenced, fails or leaves', async () => {
  for (const end of ['fenced', 'failed', 'left']) {
    const { group, member } = await joined()
    group.answer = () =>
      end === 'left'
        ? 'waits'
        : refused(end === 'fenced' ? codes.FENCED_MEMBER_EPOCH : codes.GROUP_AUTHORIZATION_FAILED)
    let isConfirmed = false
    void member.confirm().then(() => (isConfirmed = true))
    await group.clock.advance(5)
    group.answer = () => accepted(-1)
    if (end === 'left') void member.leave()
    await group.clock.advance(end === 'left' ? 2e9 : 10)
    assert.ok(isConfirmed, end)
    if (end !== 'fenced') await member.confirm()
  }
})

test('leaving says so once and for good, or for a moment, and is heard no more', async () => {
  for (const comesBack of [false, true]) {
    const { group, member, told } = await joined({ instanceId: 'i' })
    const left = member.leave(comesBack)
    await group.clock.advance(10)
    await left
    assert.deepEqual(
      group.questions.map(({ memberEpoch }) => memberEpoch),
      [comesBack ? -2 : -1],
    )
    await member.leave()
    await group.clock.advance(10_000)
    assert.equal(group.questions.length, 1)
    assert.deepEqual([member.state, told], ['left', []])
  }
})

test('leaving ends also when nobody answers', async () => {
  const { group, member } = await joined()
  group.answer = () => 'lost'
  const left = member.leave()
  await group.clock.advance(10)
  await left
  assert.equal(member.state, 'left')
})

test('a member that never joined leaves without a word', async () => {
  const { group, member } = bench()
  await member.leave()
  assert.deepEqual([member.state, group.questions.length], ['left', 0])
})

interface Enrolled {
  epoch: number
  previous: number
  assigned: Set<number>
  revoking: Set<number>
}

/** A coordinator that assigns eight partitions by the rules of KIP-848: nothing to anybody before whoever has it has given it up. */
class ModelCoordinator {
  readonly members = new Map<string, Enrolled>()
  epoch = 0
  #target = new Map<string, Set<number>>()
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  target(member: string): number[] {
    return [...(this.#target.get(member) ?? [])].toSorted((a, b) => a - b)
  }

  expel(member: string): void {
    if (this.members.delete(member)) this.#retarget()
  }

  heartbeat({ memberId, memberEpoch, owned, topics }: Question): Answer {
    const claims = owned?.flatMap(({ partitions }) => partitions)
    if (memberEpoch < 0) {
      this.expel(memberId)
      return accepted(memberEpoch)
    }
    if (memberEpoch === 0) {
      this.members.set(memberId, { epoch: 0, previous: -1, assigned: new Set(), revoking: new Set() })
      this.#retarget()
    }
    const member = this.members.get(memberId)
    if (member === undefined) return refused(codes.UNKNOWN_MEMBER_ID)
    const isLate = memberEpoch === member.previous && claims?.every((one) => member.assigned.has(one)) === true
    if (memberEpoch !== member.epoch && !isLate) return refused(codes.FENCED_MEMBER_EPOCH)
    const isChanged = this.#advance(memberId, member, claims)
    const says = isChanged || topics !== null
    return accepted(member.epoch, says ? [...member.assigned] : undefined)
  }

  #advance(memberId: string, member: Enrolled, claims: readonly number[] | undefined): boolean {
    if (member.revoking.size > 0) {
      if (claims === undefined || claims.some((one) => member.revoking.has(one))) return false
      member.revoking.clear()
    }
    if (member.epoch === this.epoch && this.target(memberId).every((one) => member.assigned.has(one))) return false
    const target = this.#target.get(memberId)!
    const gone = [...member.assigned].filter((one) => !target.has(one))
    for (const one of gone) {
      member.assigned.delete(one)
      member.revoking.add(one)
    }
    if (gone.length > 0) return true
    const held = new Set([...this.members.values()].flatMap(({ assigned, revoking }) => [...assigned, ...revoking]))
    for (const one of target) if (!held.has(one)) member.assigned.add(one)
    if (member.epoch !== this.epoch) {
      member.previous = member.epoch
      member.epoch = this.epoch
    }
    return true
  }

  #retarget(): void {
    this.epoch++
    const members = [...this.members.keys()]
    this.#target = new Map(members.map((member) => [member, new Set<number>()]))
    if (members.length === 0) return
    for (let partition = 0; partition < 8; partition++) this.#target.get(this.#random.pick(members))!.add(partition)
  }
}

test('members that come, go and lose answers never own a partition together, and come to what the coordinator wants', async () => {
  for (let round = 0; round < 30; round++) {
    const random = new SeededRandom(seed + round)
    const replay = `seed ${seed}: METROBUS_SEED=${seed} replays it, round ${round}`
    const coordinator = new ModelCoordinator(random)
    const group = new ScriptedGroup()
    let trouble = random.pick([0, 0.1, 0.4])
    let deaths = 0
    const departed: string[] = []
    group.answer = (question) => {
      if (random.chance(trouble)) return random.pick([refused(codes.NOT_COORDINATOR), refused(14), 'lost'] as const)
      const answer = coordinator.heartbeat(question)
      return random.chance(trouble) ? 'lost' : answer
    }
    const members: { readonly name: string; readonly member: GroupMember; readonly owned: Set<number> }[] = []
    const enrol = (): void => {
      const name = `m${deaths++}`
      const owned = new Set<number>()
      const drop = (partitions: readonly OwnedPartition[]): void =>
        partitions.forEach(({ partition }) => owned.delete(partition))
      const listener = {
        assigned: (partitions: readonly OwnedPartition[]) => {
          for (const { partition } of partitions) {
            const holders = members.filter((other) => other.owned.has(partition)).map((other) => other.name)
            assert.deepEqual(holders, [], `${name} is given ${partition}; ${replay}`)
            owned.add(partition)
          }
        },
        revoke: (partitions: readonly OwnedPartition[]) =>
          new Promise<void>((resolve) => {
            group.clock.timer(random.below(3000), () => {
              drop(partitions)
              resolve()
            })
          }),
        lost: drop,
        failed: (error: unknown) => assert.fail(`${String(error)}; ${replay}`),
      }
      const options = { cluster: group, clock: group.clock, listener, group: 'g', memberId: name, topics: ['t'] }
      const member = new GroupMember(options)
      members.push({ name, member, owned })
      member.join()
    }
    for (let step = 0; step < 40; step++) {
      if (members.length < 2 || (members.length < 5 && random.chance(0.2))) enrol()
      if (random.chance(0.1)) {
        const [gone] = members.splice(random.below(members.length), 1)
        gone!.owned.clear()
        departed.push(gone!.name)
        void gone!.member.leave()
      }
      await group.clock.advance(random.below(1500))
    }
    trouble = 0
    // The session of one whose farewell was lost has ended by now.
    for (const name of departed) coordinator.expel(name)
    await group.clock.advance(60_000)
    for (const { name, owned, member } of members) {
      assert.deepEqual(
        [...owned].toSorted((a, b) => a - b),
        coordinator.target(name),
        `${name}; ${replay}`,
      )
      assert.equal(member.membership.memberEpoch, coordinator.epoch, replay)
    }
  }
})
