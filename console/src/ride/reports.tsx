/** What stops have written to the error log on the way. */
import { api } from '../api.ts'
import type { RideAnswer } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { ReportTable } from '../parts/report-table.tsx'
import type { ReportData } from '../parts/report-table.tsx'

/** Looked through, from when the ride began. */
const readMax = 2_000

export function Reports({ ride }: { readonly ride: RideAnswer }) {
  const { answer: found = [] } = useAsked((signal) => reportsOf(ride, signal), [ride])
  if (found.length === 0) return null
  return (
    <>
      <h2>In the error log</h2>
      <ReportTable reports={found} isOfRide />
    </>
  )
}

/** Ids of a ride begin with its own. */
async function reportsOf(ride: RideAnswer, signal: AbortSignal): Promise<readonly ReportData[]> {
  const found: ReportData[] = []
  const apps = new Set(ride.hops.flatMap(({ app }) => app ?? []))
  for (const app of apps) {
    const query = { since: ride.entered, count: readMax, bytes: 4_096 }
    for await (const { data } of api.records(`${app}.errors`, query, signal)) {
      const report = data as ReportData | null
      if (report?.id === ride.ride || report?.id?.startsWith(`${ride.ride}~`) === true) found.push(report)
    }
  }
  return found
}
