/** Where the page is, in the part of the address behind `#`: links to every place and to what was chosen there, without a server that knows them. */
import { useEffect, useState } from 'preact/hooks'

export const href = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`

/** What was chosen at a place; an empty text is nothing chosen. */
export type Chosen = Readonly<Record<string, string>>

/** A place with what is chosen there. */
export function hrefWith(parts: readonly string[], chosen: Chosen): string {
  const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ''))
  return query.size === 0 ? href(...parts) : `${href(...parts)}?${query}`
}

export interface Place {
  readonly parts: readonly string[]
  readonly chosen: Chosen
}

function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const parts = path.split('/').filter((part) => part !== '')
  return { parts: parts.map(decoded), chosen: Object.fromEntries(new URLSearchParams(query)) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash))
  useEffect(() => {
    const listener = (): void => setPlace(placeOf(location.hash))
    addEventListener('hashchange', listener)
    return () => removeEventListener('hashchange', listener)
  }, [])
  return place
}

/** What is chosen here, and how to choose otherwise: the address says it, so a link brings it back, and the way back leads to another page. */
export function useChosen(): readonly [Chosen, (more: Chosen) => void] {
  const { chosen } = usePlace()
  return [
    chosen,
    (more) => {
      const { parts, chosen } = placeOf(location.hash)
      history.replaceState(null, '', hrefWith(parts, { ...chosen, ...more }))
      dispatchEvent(new HashChangeEvent('hashchange'))
    },
  ]
}
