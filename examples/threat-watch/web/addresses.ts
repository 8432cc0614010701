/** Which addresses are those of the public internet. Whoever crawls what strangers link to is asked to fetch from the own machine and the own network, too. */
import { BlockList, isIP } from 'node:net'

/** The special ranges of IPv4, of the IANA registry. */
const special4 = [
  '0.0.0.0/8', // this network: 0.0.0.0 is the own machine
  '10.0.0.0/8',
  '100.64.0.0/10', // behind a carrier's NAT
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local: also the metadata of clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]

/** Of IPv6 only this is public, and of this not what follows: some of it carries addresses of IPv4 within. */
const global6 = ['2000::/3']
const special6 = [
  '2001::/23', // of the IETF: Teredo, ORCHID, benchmarks
  '2001:db8::/32',
  '2002::/16', // 6to4
  '2620:4f:8000::/48',
  '3fff::/20',
]

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return list
}

const ipv4 = listOf(special4)
const ipv6 = listOf(special6)
const publicIpv6 = listOf(global6)
const mapped = /^::ffff:/i

/** Says which addresses may be connected to: public ones, and those in `allowed`, such as `127.0.0.1` or `10.1.0.0/16`. */
export function addressRule(allowed: readonly string[] = []): (address: string) => boolean {
  const own = listOf(allowed)
  return (address) => {
    switch (isIP(address)) {
      case 4:
        return own.check(address, 'ipv4') || !ipv4.check(address, 'ipv4')
      case 6:
        if (own.check(address, 'ipv6')) return true
        // An IPv4 address in the clothes of IPv6: node's lists look at what is inside.
        if (mapped.test(address)) return !ipv4.check(address, 'ipv6')
        return publicIpv6.check(address, 'ipv6') && !ipv6.check(address, 'ipv6')
      default:
        return false
    }
  }
}
