/** What went wrong at a stop: dead letters by their cause, and the newest of the error log. */
import { api } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { ReportTable } from '../parts/report-table.tsx'
import type { ReportData } from '../parts/report-table.tsx'
import { count } from '../parts/words.ts'
import { href } from '../place.ts'
import { newestOf } from '../topics/reading.ts'

const shownMax = 10
const readMax = 500

interface FaultsOptions {
  readonly app: string
  readonly name: string
  /** How many dead letters wait; asked for anew when it changes. */
  readonly dead: number
}

export function Faults({ app, name, dead }: FaultsOptions) {
  const { answer: groups = [] } = useAsked((signal) => api.deadGroups(signal), [name, dead])
  const { answer: reports = [] } = useAsked((signal) => reportsOf(app, name, signal), [name])
  const own = groups.filter((group) => group.stop === name)
  return (
    <>
      <h2>Dead letters</h2>
      {own.length === 0 ? (
        <p class="empty">None waits.</p>
      ) : (
        <ul>
          {own.map((group) => (
            <li key={group.fingerprint}>
              <a href={href('dead', group.fingerprint)}>
                {count(group.count)} × <bdi>{group.cause}</bdi>
              </a>
              : <bdi>{group.message}</bdi>
            </li>
          ))}
        </ul>
      )}
      {reports.length > 0 && (
        <>
          <h2>Last errors</h2>
          <ReportTable reports={reports} isOfRide={false} />
        </>
      )}
    </>
  )
}

async function reportsOf(app: string, name: string, signal: AbortSignal): Promise<readonly ReportData[]> {
  const found: ReportData[] = []
  for await (const { data } of newestOf(`${app}.errors`, { countMax: readMax, bytes: 4_096 }, signal)) {
    const report = data as ReportData | null
    if (report?.stop === name) found.push(report)
  }
  return found.slice(-shownMax).toReversed()
}
