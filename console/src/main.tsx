/** The page: where it is, what it shows there, and how the app is. */
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { api, keepToken, tokenWanted } from './api.ts'
import { AuditPage } from './audit/audit-page.tsx'
import { DeadPage } from './dead/dead-page.tsx'
import { HealthPage } from './health/health-page.tsx'
import { LagPage } from './lag/lag-page.tsx'
import { useLive } from './live.ts'
import { MapPage } from './map/map-page.tsx'
import { useAsked } from './parts/asked.ts'
import { href, usePlace } from './place.ts'
import { RidePage } from './ride/ride-page.tsx'
import { StopPage } from './stop/stop-page.tsx'
import { RecordsPage } from './topics/records-page.tsx'
import { TopicsPage } from './topics/topics-page.tsx'
import './style.css'

const sections = [
  ['map', 'Map'],
  ['rides', 'Rides'],
  ['topics', 'Topics'],
  ['lag', 'Lag'],
  ['dead', 'Dead letters'],
  ['health', 'Health'],
  ['audit', 'Audit'],
] as const

function Shell() {
  const {
    parts: [section = 'map', name],
  } = usePlace()
  const { answer: app } = useAsked(() => api.app(), [])
  useEffect(() => {
    document.title = [name, section, app?.app, 'Metrobus'].filter(Boolean).join(' · ')
  }, [section, name, app])
  return (
    <>
      <header>
        <a class="name" href={href('map')}>
          {app?.app ?? 'Metrobus'}
        </a>
        <nav aria-label="Pages">
          {sections.map(([path, label]) => (
            <a key={path} href={href(path)} aria-current={path === section ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <FindRide />
        <State />
      </header>
      <main key={section + (name ?? '')}>
        <Page section={section} name={name} />
      </main>
    </>
  )
}

function Page({ section, name }: { readonly section: string; readonly name: string | undefined }) {
  switch (section) {
    case 'map':
      return <MapPage />
    case 'stops':
      return <StopPage name={name ?? ''} />
    case 'rides':
      return <RidePage id={name ?? ''} />
    case 'topics':
      return name === undefined ? <TopicsPage /> : <RecordsPage topic={name} />
    case 'lag':
      return <LagPage />
    case 'dead':
      return <DeadPage fingerprint={name} />
    case 'health':
      return <HealthPage />
    case 'audit':
      return <AuditPage />
    default:
      return (
        <p class="empty">
          There is no page “{section}”. <a href={href('map')}>To the map</a>
        </p>
      )
  }
}

function FindRide() {
  const [id, setId] = useState('')
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        if (id.trim() !== '') location.hash = href('rides', id.trim())
      }}
    >
      <input
        type="search"
        aria-label="Find a ride by the id of its event"
        placeholder="event id"
        value={id}
        onInput={({ currentTarget }) => setId(currentTarget.value)}
      />
    </form>
  )
}

/** Whether the app is well, and if not, why. */
function State() {
  const { now, isBroken } = useLive()
  if (isBroken) return <output class="state bad">not reached</output>
  if (now === undefined) return <output class="state">…</output>
  const { live, ready, reasons } = now.answer.health
  const word = !live ? 'failed' : ready ? 'running' : 'not ready'
  return (
    <output class={`state ${ready ? 'good' : 'bad'}`} title={reasons.join('\n')}>
      <a href={href('health')}>{word}</a>
      {reasons.length > 0 && <span class="why">{reasons[0]}</span>}
    </output>
  )
}

/** The page, or where the app does not know who asks, the way in. */
function Gate() {
  const [isWanted, setWanted] = useState(false)
  const [token, setToken] = useState('')
  useEffect(() => {
    const listener = (): void => setWanted(true)
    addEventListener(tokenWanted, listener)
    return () => removeEventListener(tokenWanted, listener)
  }, [])
  if (!isWanted) return <Shell />
  return (
    <main>
      <h1>Who asks?</h1>
      <form
        class="query"
        onSubmit={(event) => {
          event.preventDefault()
          keepToken(token.trim())
          setToken('')
          setWanted(false)
        }}
      >
        <input
          type="password"
          required
          autocomplete="off"
          aria-label="Token"
          placeholder="token"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <button type="submit">Come in</button>
      </form>
      <p class="soft">The token is kept in this tab until it is closed, and sent to this app alone.</p>
    </main>
  )
}

render(<Gate />, document.querySelector('#page')!)
