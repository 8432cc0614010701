import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetrobusError } from '../../../errors/index.ts'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { codes } from './codes.ts'
import type { GroupCluster } from './group-member.ts'
import { GroupOffsets } from './group-offsets.ts'

const membership = { group: 'g', memberId: 'm', memberEpoch: 3, instanceId: null }
const partitions = [0, 1].map((partition) => ({ topic: 't', partition }))
const positions = partitions.map((place) => ({ ...place, offset: 5, leaderEpoch: 2, metadata: '' }))

/** Offsets of a group on a coordinator whose answers are these codes, one after the other, then none. */
function bench(...script: readonly (number | 'lost')[]) {
  const clock = new VirtualClock()
  const asked: unknown[] = []
  const forgotten: string[] = []
  const left = [...script]
  const cluster: GroupCluster = {
    topic: () => undefined,
    refresh: () => Promise.resolve(),
    coordinator: () => Promise.resolve(1),
    forget: (_kind, group) => void forgotten.push(group),
    request: (_node, _api, question) => {
      asked.push(question)
      const next = left.shift() ?? codes.NONE
      if (next === 'lost')
        return Promise.reject(new MetrobusError('MB_KAFKA_NO_ANSWER', { request: 'r', broker: 'b', reason: 'script' }))
      const committed = partitions.map((place, index) => ({
        ...place,
        errorCode: index === 0 ? codes.NONE : next,
        offset: 7,
      }))
      return Promise.resolve({ errorCode: codes.NONE, partitions: committed } as never)
    },
  }
  return { clock, asked, forgotten, offsets: new GroupOffsets({ cluster, clock }) }
}

async function after<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const settled = work.catch(() => undefined)
  await clock.advance(60_000)
  await settled
  return work
}

test('offsets are asked for until no transaction is open over them', async () => {
  const { clock, asked, offsets } = bench(codes.UNSTABLE_OFFSET_COMMIT, codes.UNSTABLE_OFFSET_COMMIT)
  const fetched = await after(clock, offsets.fetch(membership, partitions, 10_000))
  assert.equal(fetched.kind, 'offsets')
  assert.equal(asked.length, 3)
  assert.deepEqual(asked[0], {
    group: 'g',
    memberId: 'm',
    memberEpoch: 3,
    topics: [{ topic: 't', partitions: [0, 1] }],
  })
})

test('what stays unstable is told when patience ends', async () => {
  const { clock, offsets } = bench(...Array.from({ length: 1000 }, () => codes.UNSTABLE_OFFSET_COMMIT))
  await assert.rejects(after(clock, offsets.fetch(membership, partitions, 10_000)), { code: 'MB_KAFKA_NOT_NOW' })
})

test('a member that the coordinator knows otherwise is stale', async () => {
  for (const code of [codes.STALE_MEMBER_EPOCH, codes.FENCED_MEMBER_EPOCH, codes.UNKNOWN_MEMBER_ID]) {
    const one = bench(code)
    assert.deepEqual(await after(one.clock, one.offsets.fetch(membership, partitions, 10_000)), { kind: 'stale' })
    const other = bench(code)
    assert.equal(await after(other.clock, other.offsets.commit(membership, positions, 10_000)), 'stale')
  }
})

test('a commit whose answer was lost is sent again, to the coordinator that is found anew', async () => {
  const { clock, asked, forgotten, offsets } = bench('lost', codes.NOT_COORDINATOR, codes.COORDINATOR_LOAD_IN_PROGRESS)
  assert.equal(await after(clock, offsets.commit(membership, positions, 10_000)), 'committed')
  assert.deepEqual(
    asked,
    Array.from({ length: 4 }, () => ({ ...membership, positions })),
  )
  assert.deepEqual(forgotten, ['g', 'g'])
})

test('what a coordinator will never take is refused at once', async () => {
  const { clock, asked, offsets } = bench(codes.OFFSET_METADATA_TOO_LARGE)
  await assert.rejects(after(clock, offsets.commit(membership, positions, 10_000)), { code: 'MB_KAFKA_REFUSED' })
  assert.equal(asked.length, 1)
})

test('a missing permission is told as one', async () => {
  const { clock, offsets } = bench(codes.GROUP_AUTHORIZATION_FAILED)
  await assert.rejects(after(clock, offsets.fetch(membership, partitions, 10_000)), { code: 'MB_KAFKA_NOT_ALLOWED' })
})
