/**
 * A list of any length: only what is seen is drawn. One row is current, and the only one that Tab comes to: arrows, Page Up and Down, Home and End lead to the others. One row
 * may be open; it is drawn above the list, so that all rows are of one height.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

const rowHeight = 28
const spare = 10

interface RowsOptions<T> {
  readonly items: readonly T[]
  readonly row: (item: T) => ComponentChildren
  readonly detail: (item: T) => ComponentChildren
}

/** Set by hand: the page's policy takes no styles within the page. */
const styled =
  (name: string, pixels: number) =>
  (element: HTMLElement | null): void => {
    element?.style.setProperty(name, `${pixels}px`)
  }

/** Where a key leads from a row; undefined for a key that leads nowhere. */
const moves: Readonly<Record<string, (at: number, page: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: () => Infinity,
}

export function Rows<T>({ items, row, detail }: RowsOptions<T>) {
  const holder = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, height: 600 })
  const [open, setOpen] = useState<T>()
  const [current, setCurrent] = useState(0)
  const isMoved = useRef(false)
  useEffect(() => {
    const element = holder.current!
    const look = (): void => setSeen({ top: element.scrollTop, height: element.clientHeight })
    look()
    element.addEventListener('scroll', look, { passive: true })
    const resized = new ResizeObserver(look)
    resized.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [])
  // After a key the row that is current now has the focus, as soon as it is drawn.
  useEffect(() => {
    if (!isMoved.current) return
    const button = holder.current!.querySelector<HTMLElement>(`[aria-posinset="${current + 1}"] > .row`)
    button?.focus({ preventScroll: true })
    if (button !== null) isMoved.current = false
  })
  const move = (event: KeyboardEvent): void => {
    const element = holder.current!
    const page = Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1)
    const to = moves[event.key]?.(current, page)
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    const next = Math.min(Math.max(0, to), items.length - 1)
    const top = next * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight
    isMoved.current = true
    setCurrent(next)
  }
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - spare)
  const last = Math.min(items.length, Math.ceil((seen.top + seen.height) / rowHeight) + spare)
  // Of rows that are not drawn none could be reached.
  const reached = current >= first && current < last ? current : Math.min(first + spare, last - 1)
  return (
    <>
      {open !== undefined && (
        <section class="open" aria-label="The chosen row">
          <button type="button" class="close" aria-label="Close" onClick={() => setOpen(undefined)}>
            ×
          </button>
          {detail(open)}
        </section>
      )}
      <div class="rows" ref={holder} role="list" aria-label="Records: arrows move, Enter opens" onKeyDown={move}>
        <div class="all" role="presentation" ref={styled('height', items.length * rowHeight)}>
          {items.slice(first, last).map((item, index) => {
            const at = first + index
            return (
              <div
                key={at}
                role="listitem"
                aria-setsize={items.length}
                aria-posinset={at + 1}
                class="line"
                ref={styled('top', at * rowHeight)}
              >
                <button
                  type="button"
                  class="row"
                  tabIndex={at === reached ? 0 : -1}
                  aria-expanded={item === open}
                  onClick={() => {
                    setCurrent(at)
                    setOpen(item)
                  }}
                >
                  {row(item)}
                </button>
              </div>
            )
          })}
        </div>
      </div>
    </>
  )
}
