/** Members of a group on real brokers, and what they commit. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GroupMember } from '../../src/bus/kafka/driver/group-member.ts'
import type { GroupMemberOptions, OwnedPartition } from '../../src/bus/kafka/driver/group-member.ts'
import { GroupOffsets } from '../../src/bus/kafka/driver/group-offsets.ts'
import { nodeClock as clock, nodeRandom as random } from '../../src/internal/platform/node.ts'
import { batchOf, brokers, Driver, fresh, seconds, topic } from './stage.ts'

const partitions = 6
const limitSeconds = 60

class Rider {
  readonly owned = new Set<number>()
  readonly errors: unknown[] = []
  readonly member: GroupMember
  losses = 0

  constructor(driver: Driver, options: Pick<GroupMemberOptions, 'group' | 'topics' | 'instanceId'>) {
    const drop = (gone: readonly OwnedPartition[]): void =>
      gone.forEach(({ partition }) => this.owned.delete(partition))
    const listener = {
      assigned: (come: readonly OwnedPartition[]) => come.forEach(({ partition }) => this.owned.add(partition)),
      revoke: async (gone: readonly OwnedPartition[]) => drop(gone),
      lost: (gone: readonly OwnedPartition[]) => {
        this.losses++
        drop(gone)
      },
      failed: (error: unknown) => void this.errors.push(error),
    }
    this.member = new GroupMember({ cluster: driver.cluster, clock, listener, memberId: random.id(), ...options })
    this.member.join()
  }
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < limitSeconds * 10; waited++) {
    if (isSo()) return
    await seconds(0.1)
  }
  assert.fail(`${what} within ${limitSeconds} s`)
}

const share = (riders: readonly Rider[]) => (): boolean => {
  const all = riders.flatMap(({ owned }) => [...owned])
  return all.length === partitions && new Set(all).size === partitions && riders.every(({ owned }) => owned.size > 0)
}

suite('membership', () => {
  test('members share a topic, and who stays takes over from who leaves', async () => {
    const [name, group] = [await topic(partitions), fresh('group')]
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const first = new Rider(driver, { group, topics: [name] })
    await until('one has all', share([first]))
    const second = new Rider(driver, { group, topics: [name] })
    await until('both have some', share([first, second]))
    await first.member.leave()
    await until('the other has all', share([second]))
    await second.member.leave()
    assert.deepEqual([first.errors, second.errors, second.losses], [[], [], 0])
  })

  test('who comes back under a static name has its partitions again', async () => {
    const [name, group] = [await topic(partitions), fresh('group')]
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const [a, b] = ['a', 'b'].map((instanceId) => new Rider(driver, { group, topics: [name], instanceId }))
    await until('both have some', share([a!, b!]))
    const before = [...a!.owned].toSorted((a, b) => a - b)
    await a!.member.leave(true)
    const again = new Rider(driver, { group, topics: [name], instanceId: 'a' })
    await until('it has some again', share([again, b!]))
    assert.deepEqual(
      [...again.owned].toSorted((a, b) => a - b),
      before,
    )
    await again.member.leave()
    await b!.member.leave()
  })

  test('offsets are committed by the member of the newest epoch only', async () => {
    const [name, group] = [await topic(partitions), fresh('group')]
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const offsets = new GroupOffsets({ cluster: driver.cluster, clock })
    const rider = new Rider(driver, { group, topics: [name] })
    await until('it has all', share([rider]))
    await rider.member.confirm()
    const { membership } = rider.member
    const positions = [{ topic: name, partition: 0, offset: 7, leaderEpoch: -1, metadata: 'above' }]
    assert.equal(await offsets.commit(membership, positions, 10_000), 'committed')
    const stale = { ...membership, memberEpoch: membership.memberEpoch - 1 }
    assert.equal(await offsets.commit(stale, positions, 10_000), 'stale')
    assert.equal((await offsets.fetch(stale, [{ topic: name, partition: 0 }], 10_000)).kind, 'stale')
    const places = [0, 1].map((partition) => ({ topic: name, partition }))
    const fetched = await offsets.fetch(membership, places, 10_000)
    assert.ok(fetched.kind === 'offsets')
    const found = fetched.offsets.toSorted((a, b) => a.partition - b.partition)
    assert.deepEqual(
      found.map(({ offset, metadata }) => [offset, metadata]),
      [
        [7, 'above'],
        [-1, ''],
      ],
    )
    await rider.member.leave()
  })

  test('offsets of a transaction carry the epoch of the member', async () => {
    const [name, group] = [await topic(partitions), fresh('group')]
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const rider = new Rider(driver, { group, topics: [name] })
    await until('it has all', share([rider]))
    await rider.member.confirm()
    const producer = await driver.producer({ transactionalId: fresh('rider') })
    const positions = [{ topic: name, partition: 0, offset: 3, leaderEpoch: -1, metadata: '' }]
    const batches = [batchOf(name, 1, ['moved'])]
    const { membership } = rider.member
    const end = await producer.settle({ batches, offsets: { membership, positions } })
    assert.equal(end.end, 'committed')
    const old = { ...membership, memberEpoch: membership.memberEpoch - 1 }
    const refused = await producer.settle({ batches, offsets: { membership: old, positions } })
    assert.equal(refused.end === 'void' && refused.because, 'member')
    await rider.member.leave()
  })

  test('a member keeps its partitions when its coordinator dies', async () => {
    const [name, group] = [await topic(partitions), fresh('group')]
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const rider = new Rider(driver, { group, topics: [name] })
    await until('it has all', share([rider]))
    await brokers.stop(await driver.cluster.coordinator('group', group))
    try {
      await rider.member.confirm()
      assert.ok(share([rider])(), 'it has them still')
      assert.deepEqual([rider.losses, rider.errors], [0, []])
    } finally {
      await brokers.start()
    }
    await rider.member.leave()
  })
})
