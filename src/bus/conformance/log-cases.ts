/** Cases: topics, offsets, and what a record is when it comes out again. */
import assert from 'node:assert/strict'
import { Probe, assertOffsets, openBus, output, record, records, ridesOf, unit } from './fixture.ts'
import type { BusCase } from './fixture.ts'

export const logCases: readonly BusCase[] = [
  {
    name: 'a topic has the partitions that it was declared with',
    promise: 'Creates what is missing; refuses a partition count that differs from the existing one.',
    async run(fixture) {
      const bus = await openBus(fixture, 'plain')
      await bus.ensureTopics([{ name: 'seven', partitions: 7 }, { name: 'plain' }])
      assert.equal(bus.partitions('seven'), 7)
      assert.equal(bus.partitions('plain'), 4)
      await assert.rejects(bus.ensureTopics([{ name: 'new' }, { name: 'seven', partitions: 8 }]), {
        code: 'MB_TOPIC_MISMATCH',
      })
      assert.throws(() => bus.partitions('new'), { code: 'MB_UNKNOWN_TOPIC' })
      const topics = await bus.inspector.topics()
      assert.deepEqual(
        new Map(topics.map(({ topic, partitions }) => [topic, partitions.length])),
        new Map([
          ['plain', 4],
          ['seven', 7],
        ]),
      )
      await bus.close()
    },
  },
  {
    name: 'offsets of a partition rise in the order of the calls, and are dense where the bus says so',
    promise: 'Answers the next records of a partition, in offset order. The bus gives them their offsets.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const settles = ['a', 'b', 'c'].map((name) =>
        probe.member.settle(
          unit({ outputs: [output('in', records(`${name}1`, `${name}2`)), output('in', records(`${name}3`), 1)] }),
        ),
      )
      await probe.ended(Promise.all(settles))
      const first = await probe.take('in', 6)
      assert.deepEqual(ridesOf(first), ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
      assertOffsets(bus, first, [0, 1, 2, 3, 4, 5])
      assert.deepEqual(ridesOf(await probe.take('in', 3, { partition: 1 })), ['a3', 'b3', 'c3'])
      assert.deepEqual(probe.poll('in', { partition: 2 }), [])
      await bus.close()
    },
  },
  {
    name: 'several outputs of one unit for one partition keep their order',
    promise: 'Records for one topic partition, in order.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await probe.settle({
        outputs: [output('in', records('a', 'b')), output('in', records('x'), 1), output('in', records('c'))],
      })
      assert.deepEqual(ridesOf(await probe.take('in', 3)), ['a', 'b', 'c'])
      await bus.close()
    },
  },
  {
    name: 'a record comes out as it went in',
    promise: 'An event: attributes, key, headers, data.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const { Record } = await import('../../event/record.ts')
      const fields = {
        ride: 'r~1',
        hop: 3,
        type: 'order.placed',
        source: '/shop',
        time: 1_700_000_000_123,
        key: 'k',
        headers: { a: '1', ünï: 'ß' },
        correlationId: 'c',
        causationId: 'd',
        replay: 2,
        slip: 'v1|x',
      }
      const data = { text: 'a', list: [1, { deep: null }], no: false, number: 1.5e-7 }
      await probe.settle({ outputs: [output('in', [new Record(fields, data, undefined)])] })
      const [polled] = await probe.take('in', 1)
      const [read] = await bus.inspector.read('in', 0, 0, 10)
      for (const found of [polled!, read!]) {
        const { ride, hop, type, source, time, key, headers, correlationId, causationId, replay, slip } = found
        assert.deepEqual(
          { ride, hop, type, source, time, key, headers: { ...headers }, correlationId, causationId, replay, slip },
          fields,
        )
        assert.deepEqual(found.data, data)
        assert.equal(found.offset, 0)
        assert.ok(found.appendedAt > 0)
      }
      await bus.close()
    },
  },
  {
    name: 'a tombstone keeps its key and has no data',
    promise: 'A tombstone has data null.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      await probe.settle({ outputs: [output('in', [record('gone', null, 'the key')])] })
      const [polled] = await probe.take('in', 1)
      const [read] = await bus.inspector.read('in', 0, 0, 1)
      for (const found of [polled!, read!]) assert.deepEqual([found.key, found.data], ['the key', null])
      await bus.close()
    },
  },
  {
    name: 'keys and data may hold any character, and no key is not an empty key',
    promise: 'The order key; null when the event has none.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const keys = ['', ' ', 'ß', '東京', '👩‍👩‍👧', 'a\u0000b', '"\\\n\u2028', 'x'.repeat(2000), null]
      await probe.settle({
        outputs: [
          output(
            'in',
            keys.map((key, index) => record(`r${index}`, { key }, key)),
          ),
        ],
      })
      const polled = await probe.take('in', keys.length)
      const read = await bus.inspector.read('in', 0, 0, keys.length)
      for (const found of [polled, read]) {
        assert.deepEqual(
          found.map(({ key }) => key),
          keys,
        )
        assert.deepEqual(
          found.map(({ data }) => data),
          keys.map((key) => ({ key })),
        )
      }
      await bus.close()
    },
  },
  {
    name: 'a record as large as the limit passes',
    promise: 'Bytes of one record, encoded.',
    needs: ({ recordBytesMax }) => recordBytesMax <= 16 * 1024 * 1024,
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const text = 'x'.repeat((bus.capabilities.recordBytesMax ?? 1024 * 1024) - 2)
      await probe.settle({ outputs: [output('in', [record('large', text), record('next')])] })
      const polled = await probe.take('in', 2)
      assert.equal(polled[0]!.data, text)
      const [read] = await bus.inspector.read('in', 0, 0, 1)
      assert.equal(read!.data, text)
      await bus.close()
    },
  },
  {
    name: 'a record over the limit is refused and nothing of its unit happens',
    promise: 'Rejects only with a `stop` error, and then nothing of the unit happened.',
    needs: ({ recordBytesMax }) => recordBytesMax <= 16 * 1024 * 1024,
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const text = 'ß'.repeat((bus.capabilities.recordBytesMax ?? 1024 * 1024) / 2)
      const settle = probe.member.settle(
        unit({ outputs: [output('in', [record('small'), record('too large', text)])] }),
      )
      await assert.rejects(probe.ended(settle), { code: 'MB_BUS_MISUSE', family: 'stop' })
      await probe.settle({ outputs: [output('in', records('after'))] })
      assert.deepEqual(ridesOf(await probe.take('in', 1)), ['after'])
      await bus.close()
    },
  },
  {
    name: 'data comes out frozen and the same, whether it was handed over or read back',
    promise: 'Decoded on first use and frozen.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'in' })
      const data = Object.freeze({ nested: Object.freeze({ list: Object.freeze([1, 'two', null, true]) }) })
      await probe.settle({ outputs: [output('in', [record('r', data)])] })
      const [polled] = await probe.take('in', 1)
      const [read] = await bus.inspector.read('in', 0, 0, 1)
      for (const found of [polled!, read!]) {
        assert.deepEqual(found.data, data)
        const { nested } = found.data as { readonly nested: { readonly list: readonly unknown[] } }
        assert.ok(Object.isFrozen(nested.list))
      }
      await bus.close()
    },
  },
  {
    name: 'data that a stop passes on unchanged comes out whole in every topic',
    promise: 'The record whose data this one carries unchanged, for buses that can refer to it.',
    async run(fixture) {
      const bus = await openBus(fixture, 'first', 'second', 'third')
      const probe = await Probe.join(fixture, bus, 'app', { topic: 'first' }, { topic: 'second' }, { topic: 'third' })
      const data = { name: 'unchanged', list: [1, 2, 3] }
      await probe.settle({ outputs: [output('first', [record('r', data)])] })
      for (const [from, to] of [
        ['first', 'second'],
        ['second', 'third'],
      ] as const) {
        const [origin] = await probe.take(from, 1)
        const next = record('r', origin!.data)
        next.text = undefined
        next.unchangedFrom = origin
        await probe.settle({ outputs: [output(to, [next])], settled: [[from, 1]] })
      }
      const [last] = await probe.take('third', 1)
      assert.deepEqual(last!.data, data)
      for (const topic of ['first', 'second', 'third'])
        assert.deepEqual((await bus.inspector.read(topic, 0, 0, 1))[0]!.data, data)
      await bus.close()
    },
  },
  {
    name: 'a read begins where it is asked to and is as long as asked',
    promise: 'Committed records of a partition from `offset`, at most `recordsMax`.',
    async run(fixture) {
      const bus = await openBus(fixture, 'in')
      const probe = await Probe.join(fixture, bus, 'app')
      for (let turn = 0; turn < 10; turn++)
        await probe.settle({
          outputs: [output('in', records(...Array.from({ length: 20 }, (_, index) => `r${turn * 20 + index}`)))],
        })
      const all = await bus.inspector.read('in', 0, 0, 1000)
      assertOffsets(
        bus,
        all,
        Array.from({ length: 200 }, (_, index) => index),
      )
      const from = all[150]!.offset
      assert.deepEqual(ridesOf(await bus.inspector.read('in', 0, from, 3)), ['r150', 'r151', 'r152'])
      assert.deepEqual(await bus.inspector.read('in', 0, all[199]!.offset + 1, 5), [])
      assert.deepEqual(await bus.inspector.read('in', 1, 0, 5), [])
      await bus.close()
    },
  },
  {
    name: 'a ride is found in all topics, in the order appended',
    promise: 'Every kept record of a ride, with its place, in the order appended.',
    async run(fixture) {
      const bus = await openBus(fixture, 'b', 'a')
      const probe = await Probe.join(fixture, bus, 'app')
      await probe.settle({ outputs: [output('b', records('other', 'mine'), 2)] })
      await probe.settle({ outputs: [output('a', records('mine', 'other'), 1), output('b', records('mine'), 3)] })
      const found = await bus.inspector.ride('mine')
      assert.deepEqual(
        found.map(({ topic, partition, record }) => [topic, partition, record.offset]),
        [
          ['b', 2, 1],
          ['a', 1, 0],
          ['b', 3, 0],
        ],
      )
      assert.deepEqual(await bus.inspector.ride('nobody'), [])
      await bus.close()
    },
  },
]
