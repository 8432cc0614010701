import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { Cluster } from './driver/cluster.ts'
import { deleteRecords } from './driver/codec/administration.ts'
import { codes } from './driver/codes.ts'
import type { Moment } from './driver/log-offsets.ts'
import { ScriptedWire } from './driver/scripted-wire.ts'
import { Trimmer } from './trimmer.ts'
import type { Trimmed } from './trimmer.ts'

const hour = 3_600_000

/** A topic of two partitions with 100 records in each, of which 40 are older than an hour. */
class Stage {
  readonly clock = new VirtualClock()
  readonly wire = new ScriptedWire([1, 2])
  readonly warnings: string[] = []
  readonly trimmer: Trimmer
  readonly cluster: Cluster
  places: readonly Trimmed[] = []
  errorCode: number = codes.NONE

  constructor() {
    const { clock, wire } = this
    wire.leaders.set('shop.pay', [
      { node: 1, epoch: 0 },
      { node: 2, epoch: 0 },
    ])
    wire.on(deleteRecords, ([topics]) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          lowWatermark: offset,
          errorCode: this.errorCode,
        })),
      })),
    }))
    this.cluster = new Cluster({ bootstrap: wire.bootstrap, wire, clock })
    const at = async (_: string, partitions: readonly number[], moment: Moment): Promise<number[]> =>
      partitions.map(() => (moment === 'end' || clock.now() - Number(moment) < hour ? 100 : 40))
    const log = {
      info: () => {},
      error: () => {},
      warn: (_: object, message: string) => void this.warnings.push(message),
    }
    this.trimmer = new Trimmer({ cluster: this.cluster, clock, log, offsets: { at }, places: () => this.places })
  }

  async opened(...places: Trimmed[]): Promise<this> {
    this.places = places
    await this.cluster.open()
    await this.cluster.refresh(['shop.pay'])
    return this
  }

  get cuts(): readonly string[] {
    return this.wire
      .askedOf(deleteRecords)
      .flatMap(([topics]) =>
        topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, offset }) => `${name}/${partitionIndex} at ${offset}`),
        ),
      )
  }
}

const place = (partition: number, keepMs: number, settled: number | undefined): Trimmed => ({
  topic: 'shop.pay',
  partition,
  keepMs,
  settled,
})

suite('trimming', () => {
  test('cuts off what is settled and old, and never one without the other', async () => {
    const stage = await new Stage().opened(place(0, hour, 30), place(1, hour, 70))
    await stage.trimmer.trim()
    assert.deepEqual(stage.cuts, ['shop.pay/0 at 30', 'shop.pay/1 at 40'])
  })

  test('goes by age alone where nobody reads, by what is settled alone where nothing is to be kept', async () => {
    const stage = await new Stage().opened(place(0, hour, undefined))
    await stage.trimmer.trim()
    stage.places = [place(1, 0, 99)]
    await stage.trimmer.trim()
    assert.deepEqual(stage.cuts, ['shop.pay/0 at 40', 'shop.pay/1 at 99'])
  })

  test('leaves what is kept for ever, and asks for no cut twice', async () => {
    const stage = await new Stage().opened(place(0, Infinity, 80))
    await stage.trimmer.trim()
    assert.deepEqual(stage.cuts, [])
    stage.places = [place(0, 0, 80)]
    await stage.trimmer.trim()
    await stage.trimmer.trim()
    assert.deepEqual(stage.cuts, ['shop.pay/0 at 80'])
  })

  test('is done every minute until it is ended, also after a round that failed, which is told', async () => {
    const stage = await new Stage().opened(place(0, 0, 80))
    stage.errorCode = codes.TOPIC_AUTHORIZATION_FAILED
    stage.trimmer.begin()
    await stage.clock.advance(60_000)
    assert.deepEqual(stage.warnings, ['what is settled cannot be deleted now'])
    stage.errorCode = codes.NONE
    await stage.clock.advance(60_000)
    assert.equal(stage.cuts.length, 2)
    stage.places = [place(0, 0, 90)]
    stage.trimmer.end()
    await stage.clock.advance(600_000)
    assert.equal(stage.cuts.length, 2)
  })
})
