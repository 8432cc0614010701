/** How partitions begin when they have come to this member: at a start, or from another member while the app runs. */
import { goOnCarefully, limitFeeds } from './careful.ts'
import { type Isolation, runSuspects } from './isolation.ts'
import { type Tenure, writeDown } from './tenure.ts'

/**
 * Says that they are open, and deals with what their owners before may have died of. When it ends their lanes may open, those after a death under limits. A stop that is paused
 * meanwhile is taken over when it goes on.
 */
export async function takeOver(isolation: Isolation, coming: readonly Tenure[]): Promise<void> {
  const { engine } = isolation
  await writeDown(engine, coming)
  await runSuspects(isolation, coming)
  if (engine.isDraining || engine.failure !== undefined) return
  const tenures = coming.filter(({ stop }) => !stop.isPaused)
  const unclean = tenures.filter(({ before }) => before !== undefined)
  for (const tenure of unclean) limitFeeds(tenure)
  for (const tenure of tenures) tenure.hasBegun = true
  if (unclean.length > 0) goOnCarefully(engine, unclean).catch((error: unknown) => engine.fail(error))
}
