/** Three brokers on free ports, in a folder of their own, for who tests on them: what they need is installed, and they are ended whatever comes of the tests. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, ServerProblem } from '../run.ts'
import { Brokers, planOf, portsOf } from './brokers.ts'

/** Killing one leaves a quorum and enough replicas. */
const nodes = 3

/** Resolves with what `work` answers, and with false, after saying why, where no broker can be started. The folder is in `METROBUS_KAFKA` meanwhile. */
export async function withBrokers(work: () => Promise<boolean>): Promise<boolean> {
  const installed = spawnSync(join(import.meta.dirname, '../../kafka-programs.sh'), { stdio: ['ignore', 2, 2] })
  if (installed.status !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-kafka-'))
  const remove = async (): Promise<void> => Brokers.in(folder)?.remove()
  const endedEarly = (): void => void remove().then(() => process.exit(1))
  process.once('SIGTERM', endedEarly)
  try {
    await Brokers.create(planOf(folder, await freePorts(portsOf(true) * nodes), nodes, true)).start()
    process.env['METROBUS_KAFKA'] = folder
    return await work()
  } catch (error) {
    if (!(error instanceof ServerProblem)) throw error
    console.error(error.message)
    return false
  } finally {
    process.off('SIGTERM', endedEarly)
    await remove()
  }
}
