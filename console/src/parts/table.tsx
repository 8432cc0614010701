/** Rows below their heads; wider than the page, it is moved by itself. */
import type { ComponentChildren } from 'preact'

interface TableOptions {
  readonly caption?: string
  readonly heads: readonly string[]
  readonly children: ComponentChildren
}

export function Table({ caption, heads, children }: TableOptions) {
  return (
    <div class="wide">
      <table>
        {caption !== undefined && <caption>{caption}</caption>}
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
