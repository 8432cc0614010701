/** What operators and others do that must be answered or refused in words, and change nothing. */
import { entry, metrobus, stop, topic } from '../../../src/index.ts'
import type { Cluster, SimProcess } from '../../../src/testing/index.ts'
import type { Oracle } from './oracle.ts'
import type { Program } from './program.ts'

/** What an app that runs or ends may refuse somebody who only looks. */
const refusals = [
  'MB_GROUP_IN_USE',
  'MB_UNKNOWN_TOPIC',
  'MB_UNKNOWN_STORE',
  'MB_BAD_ARGUMENT',
  'MB_NOT_FOUND',
  'MB_APP_FAILED',
  'MB_STOPPING',
  'MB_BUS_NOT_OPEN',
  'MB_JOURNAL_POISONED',
  'MB_JOURNAL_CLOSED',
  'MB_DISK_FAILED',
]

/** Looks at everything that an app shows, asks for what is not there, and tries what a running app must refuse. */
export function inspect(process: SimProcess, isAlone: boolean, oracle: Oracle): void {
  for (const app of process.apps) {
    const { name, deadLetters, inspector } = app
    app.stats()
    app.health()
    const looks: readonly Promise<unknown>[] = [
      deadLetters.list(),
      deadLetters.groups(),
      deadLetters.show('nowhere/0/0'),
      deadLetters.show('not a place'),
      deadLetters.replay({ stop: 'nowhere' }),
      inspector.ride('e0'),
      inspector.read('nowhere', 0, 0, 10),
      inspector.offsetAt('nowhere', 0, 0),
      new Promise((resolve) => resolve(app.store('nowhere').get('k'))),
    ]
    for (const look of looks)
      process.alive(look).catch((error: unknown) => oracle.failed(error, 'somebody who looks', refusals))
    // The bus may have given up the members of a cluster.
    const sought = inspector.seek(name, { topic: `${name}.ended`, partition: 0, offset: 0 })
    process.alive(sought).then(
      () => isAlone && oracle.violation('I7 the positions of a running app were set back'),
      (error: unknown) => oracle.failed(error, 'a seek', refusals),
    )
  }
}

/** Starts another app that publishes what the first one owns: it must be refused. */
export async function intrude({ blocks }: Program, cluster: Cluster, oracle: Oracle): Promise<void> {
  const owned = blocks.find(({ from }) => from !== undefined)?.from
  if (owned === undefined) return
  const anything = {
    '~standard': { version: 1, vendor: 'simulation', validate: (value: unknown) => ({ value }) },
  } as const
  const nothing = stop('nothing', { in: anything }, () => {})
  const intruder = metrobus('intruder', {
    entries: [entry('in', { in: anything, route: nothing })],
    publishes: [topic(owned, { schema: anything })],
  })
  const process = await cluster.start(() => intruder)
  if (process.failure === undefined) oracle.violation(`I10 two apps publish ${owned}`)
  else oracle.failed(process.failure, 'an intruder', ['MB_NOT_OWNER'])
  await cluster.crash(process)
}
