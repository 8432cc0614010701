/** What is said of a client in feeds and on pages of others. */
import type { FeedItem } from '../../types.ts'
import type { Seeded } from '../seeded.ts'
import type { LabelledBrand } from './brands.ts'
import { pageOf } from './domains.ts'
import type { Labelled } from './make.ts'
import { elsewhere, honest, threatening } from './texts.ts'

const boards = ['board.test', 'market.invalid', 'news.test', 'letters.test', 'talk.invalid']

export function textsOf(brand: LabelledBrand, random: Seeded): readonly Labelled[] {
  const { below, pick } = random
  const keyword = [{ client: brand.domain, kind: 'keyword' }] as const
  const item = (template: string): FeedItem => {
    const host = pick(boards)
    // Now and then somebody writes the name so that a search does not find it.
    const name = below(5) === 0 ? brand.name.replace('o', '0').replace('i', 'і') : brand.name
    const text = template.replaceAll('{brand}', name).replaceAll('{trade}', brand.trade)
    const [title = ''] = text.split(/[.:?]/)
    return { kind: 'feed', host, url: `https://${host}/${below(1_000_000)}`, title: title.slice(0, 60), text }
  }
  const some = (templates: readonly string[], count: number): readonly string[] => {
    const start = below(templates.length)
    return Array.from({ length: count }, (_, index) => templates[(start + index) % templates.length]!)
  }
  const threats = some(threatening, 16).map((text) => ({
    candidate: item(text),
    threats: keyword,
    made: 'threatening',
  }))
  const others = some(honest, 22).map((text) => ({ candidate: item(text), threats: [], made: 'honest' }))
  const noise = some(elsewhere, 4).map((text) => ({ candidate: item(text), threats: [], made: 'elsewhere' }))
  // What is sold in one corner of a page is not about who is named in another one.
  const far = [...some(elsewhere, 6), item(pick(honest)).text].join('\n')
  const corner = pageOf(pick(boards), { title: 'Notices', text: `Fresh logins, 5 each, monero only.\n${far}` })
  return [...threats, ...others, ...noise, { candidate: corner, threats: [], made: 'far-apart' }]
}
