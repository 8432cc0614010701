import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { Cluster } from './cluster.ts'
import { apiVersions } from './codec/api-versions.ts'
import { findCoordinator } from './codec/find-coordinator.ts'
import { metadata } from './codec/metadata.ts'
import { codes } from './codes.ts'
import { ScriptedWire } from './scripted-wire.ts'

class Stage {
  readonly clock = new VirtualClock()
  readonly wire: ScriptedWire
  readonly cluster: Cluster

  constructor(nodes: readonly number[] = [1, 2, 3]) {
    this.wire = new ScriptedWire(nodes)
    this.cluster = new Cluster({ bootstrap: this.wire.bootstrap, wire: this.wire, clock: this.clock })
  }

  /** Lets `ms` pass while it is under way. */
  async after<T>(ms: number, work: Promise<T>): Promise<T> {
    work.catch(() => {})
    await this.clock.advance(ms)
    return work
  }

  async opened(): Promise<this> {
    await this.cluster.open()
    return this
  }

  ledBy(...nodes: number[]): void {
    this.wire.leaders.set(
      'mail',
      nodes.map((node) => ({ node, epoch: 0 })),
    )
  }
}

const features = (...finalised: [string, number][]) => ({
  errorCode: codes.NONE,
  versionMax: new Map<number, number>(),
  finalised: new Map(finalised),
})

suite('opening a cluster', () => {
  test('takes the next broker when one does not answer', async () => {
    const stage = new Stage()
    stage.wire.on(apiVersions, (_, node) =>
      node === 3 ? features(['group.version', 1], ['transaction.version', 2]) : 'unreachable',
    )
    await stage.cluster.open()
    assert.deepEqual(
      stage.wire.asked.slice(0, 3).map(({ node }) => node),
      [1, 2, 3],
    )
  })

  test('ends after five seconds where none answers, and names them with the reason', async () => {
    const stage = new Stage()
    stage.wire.on(apiVersions, () => 'unreachable')
    await assert.rejects(stage.after(5_000, stage.cluster.open()), {
      code: 'MB_KAFKA_UNREACHABLE',
      message: /node:1, node:2, node:3: scripted/,
    })
  })

  test('tells what was wrong while there was time, and not that there was none at last', async () => {
    const stage = new Stage()
    stage.wire.on(apiVersions, () => (stage.clock.monotonic() < 4_500 ? 'lost' : 'unreachable'))
    await assert.rejects(stage.after(5_000, stage.cluster.open()), {
      code: 'MB_KAFKA_UNREACHABLE',
      message: /does the listener want TLS/,
    })
  })

  test('shares its time among those that it has not tried', async () => {
    const stage = new Stage()
    stage.wire.on(apiVersions, () => 'unreachable')
    const opening = stage.cluster.open()
    opening.catch(() => {})
    await stage.clock.settle()
    const [first, second, third] = stage.wire.asked.map(({ timeoutMs }) => timeoutMs)
    assert.deepEqual([first, second, third], [5_000 / 3, 5_000 / 2, 5_000])
    await stage.clock.advance(5_000)
    await assert.rejects(opening)
  })

  test('refuses a cluster whose features are not finalised, at once and with what is missing', async () => {
    const stage = new Stage()
    stage.wire.on(apiVersions, () => features(['group.version', 1], ['transaction.version', 1]))
    await assert.rejects(stage.cluster.open(), {
      code: 'MB_KAFKA_OLD_CLUSTER',
      message: /transaction\.version 2 \(it has 1\)/,
    })
    assert.equal(stage.wire.asked.length, 1)
  })

  test('refuses a broker that does not know the question', async () => {
    const stage = new Stage()
    stage.wire.on(apiVersions, () => ({ ...features(), errorCode: codes.UNSUPPORTED_VERSION }))
    await assert.rejects(stage.cluster.open(), { code: 'MB_KAFKA_OLD_CLUSTER' })
  })
})

suite('leaders', () => {
  test('are known after a refresh, and a topic that does not exist is not', async () => {
    const stage = await new Stage().opened()
    stage.ledBy(2, 3)
    await stage.cluster.refresh(['mail', 'nowhere'])
    assert.deepEqual(stage.cluster.leader('mail', 1), { node: 3, epoch: 0 })
    assert.equal(stage.cluster.topic('mail')?.partitions, 2)
    assert.equal(stage.cluster.topic('nowhere'), undefined)
  })

  test('are not taken from a broker that lags behind', async () => {
    const stage = await new Stage().opened()
    stage.wire.leaders.set('mail', [{ node: 2, epoch: 5 }])
    await stage.cluster.refresh(['mail'])
    stage.wire.leaders.set('mail', [{ node: 1, epoch: 4 }])
    await stage.cluster.refresh(['mail'])
    assert.deepEqual(stage.cluster.leader('mail', 0), { node: 2, epoch: 5 })
  })

  test('of a topic that was made again begin at any epoch', async () => {
    const stage = await new Stage().opened()
    stage.wire.leaders.set('mail', [{ node: 2, epoch: 5 }])
    await stage.cluster.refresh(['mail'])
    stage.wire.on(metadata, () => ({
      brokers: [],
      clusterId: null,
      topics: [
        {
          errorCode: 0,
          name: 'mail',
          id: 'another',
          partitions: [{ errorCode: 0, partition: 0, leader: 1, leaderEpoch: 0, replicas: 3 }],
        },
      ],
    }))
    await stage.cluster.refresh(['mail'])
    assert.deepEqual(stage.cluster.leader('mail', 0), { node: 1, epoch: 0 })
  })

  test('are unknown while a partition has none', async () => {
    const stage = await new Stage().opened()
    stage.ledBy(-1)
    await stage.cluster.refresh(['mail'])
    assert.equal(stage.cluster.leader('mail', 0), undefined)
  })

  test('are asked for once by all who ask at the same time, and of every topic that was asked for before', async () => {
    const stage = await new Stage().opened()
    stage.ledBy(1)
    await stage.cluster.refresh(['mail'])
    const before = stage.wire.asked.length
    await Promise.all([stage.cluster.refresh(['mail']), stage.cluster.refresh(['mail'])])
    assert.equal(stage.wire.asked.length, before + 1)
    await stage.cluster.refresh(['post'])
    assert.deepEqual(stage.wire.askedOf(metadata).at(-1)?.topics, ['mail', 'post'])
  })

  test('of a topic that is asked for during a refresh are in the next', async () => {
    const stage = await new Stage().opened()
    let during: Promise<void> | undefined
    stage.wire.on(metadata, ({ topics }) => {
      during ??= stage.cluster.refresh(['post'])
      const partitions = [{ errorCode: 0, partition: 0, leader: 3, leaderEpoch: 0, replicas: 3 }]
      return {
        brokers: [],
        clusterId: null,
        topics: topics.map((name) => ({ errorCode: 0, name, id: name, partitions })),
      }
    })
    await stage.cluster.refresh(['mail'])
    await during
    assert.deepEqual(stage.cluster.leader('post', 0), { node: 3, epoch: 0 })
  })

  test('that may not be seen are told as a missing permission', async () => {
    const stage = await new Stage().opened()
    stage.wire.on(metadata, () => ({
      brokers: [],
      clusterId: null,
      topics: [{ errorCode: codes.TOPIC_AUTHORIZATION_FAILED, name: 'mail', id: '', partitions: [] }],
    }))
    await assert.rejects(stage.cluster.refresh(['mail']), { code: 'MB_KAFKA_NOT_ALLOWED', message: /mail/ })
  })

  test('are learned also after somebody asked for a topic that may not be seen, or is not there', async () => {
    const stage = await new Stage().opened()
    stage.ledBy(1)
    stage.wire.on(metadata, ({ topics }) => ({
      brokers: [],
      clusterId: null,
      topics: topics.map((name) =>
        name === 'mail'
          ? { errorCode: 0, name, id: name, partitions: [partitionLedBy(1)] }
          : { errorCode: wrongs[name]!, name, id: '', partitions: [] },
      ),
    }))
    await assert.rejects(stage.cluster.refresh(['secret', 'mail']), { code: 'MB_KAFKA_NOT_ALLOWED', message: /secret/ })
    await stage.cluster.refresh(['nowhere'])
    await stage.cluster.refresh(['mail'])
    assert.deepEqual(stage.cluster.leader('mail', 0), { node: 1, epoch: 0 })
    assert.deepEqual(stage.wire.askedOf(metadata).at(-1)?.topics, ['mail'])
    // Once it is granted, who asks again is told.
    wrongs.secret = codes.NONE
    await stage.cluster.refresh(['secret'])
  })
})

const wrongs: { [topic: string]: number } = {
  secret: codes.TOPIC_AUTHORIZATION_FAILED,
  nowhere: codes.UNKNOWN_TOPIC_OR_PARTITION,
}
const partitionLedBy = (leader: number) => ({ errorCode: 0, partition: 0, leader, leaderEpoch: 0, replicas: 3 })

suite('coordinators', () => {
  test('are looked up once, until they are forgotten', async () => {
    const stage = await new Stage().opened()
    stage.wire.coordinator = 2
    assert.equal(await stage.cluster.coordinator('group', 'riders'), 2)
    stage.wire.coordinator = 3
    assert.equal(await stage.cluster.coordinator('group', 'riders'), 2)
    stage.cluster.forget('group', 'riders')
    assert.equal(await stage.cluster.coordinator('group', 'riders'), 3)
    assert.equal(stage.wire.askedOf(findCoordinator).length, 2)
  })

  test('of a group and of a transactional id of the same name are not the same', async () => {
    const stage = await new Stage().opened()
    await stage.cluster.coordinator('group', 'riders')
    await stage.cluster.coordinator('transaction', 'riders')
    assert.deepEqual(
      stage.wire.askedOf(findCoordinator).map(({ kind }) => kind),
      ['group', 'transaction'],
    )
  })

  test('are asked for again while they load', async () => {
    const stage = await new Stage().opened()
    let asked = 0
    stage.wire.on(findCoordinator, () => ({
      node: 2,
      host: 'node',
      port: 2,
      errorCode: ++asked < 4 ? codes.COORDINATOR_NOT_AVAILABLE : codes.NONE,
      errorMessage: null,
    }))
    assert.equal(await stage.after(1_000, stage.cluster.coordinator('group', 'riders')), 2)
    assert.equal(asked, 4)
  })

  test('that may not be asked for are told as a missing permission', async () => {
    const stage = await new Stage().opened()
    stage.wire.on(findCoordinator, () => ({
      node: -1,
      host: '',
      port: 0,
      errorCode: codes.GROUP_AUTHORIZATION_FAILED,
      errorMessage: null,
    }))
    await assert.rejects(stage.cluster.coordinator('group', 'riders'), { code: 'MB_KAFKA_NOT_ALLOWED' })
  })

  test('a node that nobody named is not reachable', async () => {
    const stage = await new Stage().opened()
    await assert.rejects(stage.cluster.request(9, metadata, { topics: [] }), { code: 'MB_KAFKA_UNREACHABLE' })
  })
})
