/** What a stop has changed: in a row of words, and as a table of what was and what is. */
import { changesOf, signOf } from './diff.ts'
import type { Change, Sign } from './diff.ts'
import { Table } from './table.tsx'

const shownMax = 120
const words: Readonly<Record<Sign, string>> = { '+': 'added', '−': 'removed', '~': 'changed' }

const text = (value: unknown): string => {
  if (value === undefined) return ''
  const whole = JSON.stringify(value)
  return whole.length > shownMax ? `${whole.slice(0, shownMax)}…` : whole
}

export function Changes({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const changes = changesOf(before, after)
  if (changes.length === 0) return <p class="soft">The data went on unchanged.</p>
  return (
    <Table heads={['', 'Field', 'Was', 'Is']}>
      {changes.map((change) => (
        <tr key={change.path} class={`change ${words[signOf(change)]}`}>
          <td>{words[signOf(change)]}</td>
          <th scope="row">
            <bdi>{change.path === '' ? 'all' : change.path}</bdi>
          </th>
          <td class="long">
            <bdi>{text(change.before)}</bdi>
          </td>
          <td class="long">
            <bdi>{text(change.after)}</bdi>
          </td>
        </tr>
      ))}
    </Table>
  )
}

const chipsMax = 4

/** The same where there is no room: which fields, and no values. */
export function ChangeChips({ changes }: { readonly changes: readonly Change[] }) {
  const more = changes.length - chipsMax
  return (
    <span class="chips">
      {changes.slice(0, chipsMax).map((change) => (
        <bdi key={change.path} class={`chip ${words[signOf(change)]}`} title={text(change.after)}>
          <span aria-hidden="true">{signOf(change)}</span>
          <span class="unseen">{words[signOf(change)]}</span> {change.path === '' ? 'all' : change.path}
        </bdi>
      ))}
      {more > 0 && <span class="soft">and {more} more</span>}
    </span>
  )
}
