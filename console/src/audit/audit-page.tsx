/** What was done to the app and by whom, and what waits for a second one. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { AuditLine, Proposal } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, time } from '../parts/words.ts'

export function AuditPage() {
  return (
    <>
      <h1>Approvals and audit</h1>
      <Approvals />
      <Log />
    </>
  )
}

function Approvals() {
  const { answer: proposals, error, again } = useAsked((signal) => api.approvals(signal), [])
  return (
    <>
      <h2>Waiting for a second one</h2>
      {proposals === undefined && <Notice error={error} what="the approvals" />}
      {proposals?.length === 0 && <p class="empty">No act waits.</p>}
      {proposals !== undefined && proposals.length > 0 && (
        <Table heads={['Act', 'By', 'Asked', 'What', 'Until', '']}>
          {proposals.map((proposal) => (
            <Row key={proposal.id} proposal={proposal} finished={again} />
          ))}
        </Table>
      )}
    </>
  )
}

function Row({ proposal, finished }: { readonly proposal: Proposal; readonly finished: () => void }) {
  const { id, act, proposer, asked, told, expires, approver } = proposal
  const [fault, setFault] = useState('')
  return (
    <tr>
      <th scope="row">{act}</th>
      <td>
        <bdi>{proposer}</bdi>
      </td>
      <td>
        <code>{asked}</code>
      </td>
      <td class="long">
        <code>
          <bdi>{JSON.stringify(told)}</bdi>
        </code>
      </td>
      <td>{time(expires)}</td>
      <td class="long">
        {approver === null ? (
          <button
            type="button"
            onClick={() => void api.approve(id).then(finished, (error: Error) => setFault(error.message))}
          >
            Approve
          </button>
        ) : (
          <>
            approved by <bdi>{approver}</bdi>: {proposer} may ask once more
          </>
        )}
        {fault !== '' && (
          <span class="fault" role="alert">
            {' '}
            {fault}
          </span>
        )}
      </td>
    </tr>
  )
}

const pageLines = 200

function Log() {
  const { answer, error } = useAsked((signal) => newestLines(signal), [])
  return (
    <>
      <h2>What was done</h2>
      {answer === undefined && <Notice error={error} what="the audit log" />}
      {answer?.head.lines === 0 && <p class="empty">No act is written down, or no audit log is kept.</p>}
      {answer !== undefined && answer.head.lines > 0 && (
        <>
          <p class="soft">
            {count(answer.head.lines)} lines; the newest has the hash <code>{answer.head.hash}</code>
          </p>
          <Table heads={['Line', 'When', 'Who', 'Act', 'Asked', 'Result', 'More']}>
            {answer.lines.toReversed().map((line) => (
              <LogRow key={line.n} line={line} />
            ))}
          </Table>
        </>
      )}
    </>
  )
}

function LogRow({ line }: { readonly line: AuditLine }) {
  const { n, at, who, act, asked, result, hash: _, previous: __, command: ___, ...more } = line
  return (
    <tr>
      <th scope="row">{n}</th>
      <td>{time(at)}</td>
      <td>
        <bdi>{who ?? 'nobody known'}</bdi>
      </td>
      <td>{act}</td>
      <td>
        <code>
          <bdi>{asked}</bdi>
        </code>
      </td>
      <td>
        <span class={`word ${result === 'denied' || result === 'failed' ? 'failing' : 'idle'}`}>{result}</span>
      </td>
      <td class="long">
        <bdi>{Object.keys(more).length === 0 ? '' : JSON.stringify(more)}</bdi>
      </td>
    </tr>
  )
}

async function newestLines(signal: AbortSignal) {
  const { head } = await api.audit({ after: 0, count: 1 }, signal)
  return api.audit({ after: Math.max(0, head.lines - pageLines), count: pageLines }, signal)
}
