/**
 * A real process is killed with -9 at 200 random moments, under load and while it starts, and nothing that it acknowledged may be lost, nothing
 * be there twice, and no key be out of order.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodePlatform } from '../../src/internal/platform/node.ts'
import { openJournal } from '../../src/journal/index.ts'
import { SeededRandom, chooseSeed, describeViolations, judge } from '../../src/testing/index.ts'
import { Driver } from './driver.ts'
import type { Moment } from './driver.ts'
import { eventsIn, group, partitions, topics } from './programs/journal-places.ts'

/** More of them for a night: `METROBUS_KILLS`. */
const kills = Number(process.env['METROBUS_KILLS'] ?? 200)

/** Most kills come under load, some while the program starts: also while it recovers from the kill before. */
const momentOf = (random: SeededRandom): Moment =>
  random.chance(0.15) ? { after: 'start', ms: random.between(0, 250) } : { after: 'ready', ms: random.between(20, 300) }

test('the journal loses, doubles and reorders nothing over 200 kills', { timeout: 10 * 60_000 }, async (t) => {
  const random = new SeededRandom(chooseSeed())
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-kill-'))
  const module = join(import.meta.dirname, 'programs/journal-program.ts')
  const driver = new Driver({ dir, module, args: [join(dir, 'data')], random, window: 200, keys: 50, resend: false })
  try {
    for (let kill = 0; kill < kills; kill++) await driver.runUntilKilled(momentOf(random))
    await driver.runToTheEnd()

    const journal = await openJournal({ dir: join(dir, 'data'), platform: nodePlatform, readOnly: true })
    const places = await Promise.all(
      Object.values(topics).map(async (name) => ({ name, events: await eventsIn(journal, name) })),
    )
    let counted = 0
    for (let partition = 0; partition < partitions; partition++)
      counted += Number(journal.rows(group, 'count', partition).get('moved'))
    await journal.close()

    const acknowledged = driver.acknowledged()
    const violations = judge({ sent: driver.sent, acknowledged, places })
    assert.equal(violations.length, 0, `seed ${random.seed}\n${describeViolations(violations)}`)
    assert.equal(counted, places[1]!.events.length, `seed ${random.seed}: the rows went another way than the outputs`)
    assert.ok(acknowledged.length > kills, `only ${acknowledged.length} events were acknowledged: this proved nothing`)
    t.diagnostic(
      `${kills} kills, ${driver.sent.length} events sent, ${acknowledged.length} acknowledged, seed ${random.seed}`,
    )
    // Left behind by a failure, to be looked at.
    rmSync(dir, { recursive: true })
  } finally {
    driver.close()
  }
})
