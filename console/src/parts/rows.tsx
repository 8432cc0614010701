/** A list of any length: only what is seen is drawn. One row may be open; it is drawn above the list, so that all rows are of one height. */
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

export function Rows<T>({ items, row, detail }: RowsOptions<T>) {
  const holder = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, height: 600 })
  const [open, setOpen] = useState<T>()
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
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - spare)
  const last = Math.min(items.length, Math.ceil((seen.top + seen.height) / rowHeight) + spare)
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
      <div class="rows" ref={holder} role="list" aria-label="Records" tabIndex={0}>
        <div class="all" ref={styled('height', items.length * rowHeight)}>
          {items.slice(first, last).map((item, index) => (
            <div key={first + index} role="listitem" class="line" ref={styled('top', (first + index) * rowHeight)}>
              <button type="button" class="row" aria-expanded={item === open} onClick={() => setOpen(item)}>
                {row(item)}
              </button>
            </div>
          ))}
        </div>
      </div>
    </>
  )
}
