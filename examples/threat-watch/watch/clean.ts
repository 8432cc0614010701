/** Makes candidates alike that differ in nothing that anybody sees, so that one is compared once. */
import { drop } from '../../../src/index.ts'
import type { Drop } from '../../../src/index.ts'
import type { Candidate } from '../types.ts'

/** Soft hyphens, zero-width blanks and joiners, marks of direction: whoever writes them into a brand hides it from searches. */
const unseen = /\p{Cf}/gu
/** Says where somebody came from, and nothing about where he is. */
const tracking = /^(utm_|fbclid$|gclid$|msclkid$)/

export function clean(candidate: Candidate): Candidate | Drop {
  switch (candidate.kind) {
    case 'page': {
      const { title, description, text } = candidate
      const page = { ...candidate, url: address(candidate.url) }
      const read = { title: words(title), description: words(description), text: words(text) }
      return `${read.title}${read.description}${read.text}` === '' ? drop('nothing-to-read') : { ...page, ...read }
    }
    case 'app': {
      const { name, developer, description } = candidate
      return { ...candidate, name: words(name), developer: words(developer), description: words(description) }
    }
    case 'feed': {
      const [title, text] = [words(candidate.title), words(candidate.text)]
      return title + text === '' ? drop('nothing-to-read') : { ...candidate, url: address(candidate.url), title, text }
    }
    case 'domain':
      return candidate
  }
}

/** Compatible forms of a character, such as full-width letters, are one. Letters of other alphabets stay: that they only look alike is what detectors look for. */
function words(text: string): string {
  return text
    .replaceAll(unseen, '')
    .normalize('NFKC')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, text.length)
    .toWellFormed()
}

function address(text: string): string {
  const url = new URL(text)
  for (const name of Array.from(url.searchParams.keys())) if (tracking.test(name)) url.searchParams.delete(name)
  return url.href
}
