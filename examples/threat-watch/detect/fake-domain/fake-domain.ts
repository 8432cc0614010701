/** Is a host made to be taken for one of the client? Judged by its name, and for a page also by what it shows. */
import type { Detector, Evidence, Page, Registration } from '../../types.ts'
import { brandOf, isOwn } from '../names/brand.ts'
import type { Brand } from '../names/brand.ts'
import { domainOf } from '../names/domain.ts'
import { firstMention } from '../names/mentions.ts'
import { evidence, noThreat, threat, together } from '../verdict.ts'
import { likenessOf, nameOf } from './likeness.ts'
import type { Name } from './likeness.ts'
import { aboutSomethingElse, openNames, pageScores, threshold } from './weights.ts'

export const fakeDomain: Detector = (candidate, knowledge) => {
  if (candidate.kind !== 'page' && candidate.kind !== 'domain') return noThreat('other-kind')
  if (isOwn(knowledge, candidate.host)) return noThreat('own-domain')
  const name = readName(candidate)
  if (name === undefined) return noThreat('no-domain-name')
  const brand = brandOf(knowledge)
  const likeness = likenessOf(name, brand, knowledge.client.domain)
  if (likeness === undefined) return noThreat('not-alike')
  const shown = candidate.kind === 'page' ? shownBy(candidate, brand, likeness) : []
  const doubt = candidate.kind === 'page' && shown.length === 0 ? aboutSomethingElse : 1
  const score = together([likeness.score * doubt, ...shown.map(({ score }) => score)])
  return score >= threshold ? threat('fake-domain', score, [likeness, ...shown]) : noThreat('weak-likeness')
}

const names = new WeakMap<Page | Registration, Name | undefined>()

/** Once for all clients, as they are compared one after the other. */
function readName(candidate: Page | Registration): Name | undefined {
  if (!names.has(candidate)) {
    const domain = domainOf(candidate.host)
    names.set(candidate, domain && nameOf(domain))
  }
  return names.get(candidate)
}

function shownBy(page: Page, brand: Brand, likeness: Evidence): readonly Evidence[] {
  const found: Evidence[] = []
  if (page.asksForPassword)
    found.push(evidence('asks-for-password', pageScores['asks-for-password'], `${page.url} has a field for a password`))
  // Whoever has the brand in his name openly speaks of it: reviewers, resellers, namesakes. Whoever has misspelt it there, and spells it right in what he shows, hides.
  const said = openNames.has(likeness.what) ? undefined : firstMention(page, brand)
  if (said !== undefined)
    found.push(evidence('speaks-of-brand', pageScores['speaks-of-brand'], `${page.url} says "${said}"`))
  return found
}
