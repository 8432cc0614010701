/** Failures that stopped no event, as an app writes them to its error log. */
import { href } from '../place.ts'
import { Table } from './table.tsx'
import { time } from './words.ts'

export interface ReportData {
  readonly at: number
  readonly message: string
  readonly stop?: string
  readonly id?: string
}

export const ReportTable = ({
  reports,
  isOfRide,
}: {
  readonly reports: readonly ReportData[]
  readonly isOfRide: boolean
}) => (
  <Table heads={['When', isOfRide ? 'Stop' : 'Event', 'What']}>
    {reports.map(({ at, message, stop, id }, index) => (
      <tr key={index}>
        <td>{time(at)}</td>
        <td>{isOfRide ? stop : id !== undefined && <a href={href('rides', id)}>{id}</a>}</td>
        <td class="long">
          <bdi>{message}</bdi>
        </td>
      </tr>
    ))}
  </Table>
)
