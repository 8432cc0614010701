/** The parts of a host name, as people read them. */
import { domainToUnicode } from 'node:url'
import { parse } from 'tldts'

export interface Domain {
  /** As it is shown: `bücher.example` for `xn--bcher-kva.example`. */
  readonly shown: string
  /** What somebody has registered, without what it is registered under: `bücher`. */
  readonly name: string
  /** Under what: `example`, `co.uk`, and also `github.io`, where anybody may take a name. */
  readonly suffix: string
  /** What its owner put before it: `['www', 'login']`. */
  readonly subdomains: readonly string[]
}

/** Undefined where there is no name: an address, a suffix alone, `localhost`. */
export function domainOf(host: string): Domain | undefined {
  const { domainWithoutSuffix, publicSuffix, subdomain, isIp } = parse(host, { allowPrivateDomains: true })
  if (isIp === true || !domainWithoutSuffix || publicSuffix === null) return undefined
  const name = shown(domainWithoutSuffix)
  const above = subdomain ? subdomain.split('.').map(shown) : []
  return { shown: [...above, name, publicSuffix].join('.'), name, suffix: publicSuffix, subdomains: above }
}

/** A label that is no valid punycode stays as it is, which is what browsers show. */
const shown = (label: string): string => (label.startsWith('xn--') ? domainToUnicode(label).normalize('NFC') : label)
