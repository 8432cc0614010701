/** What there is to know of a client, from what it shows at its primary domain: its page, its web app manifest, and its asset links, which name its apps and their certificates. */
import * as z from 'zod'
import { hostOf } from '../sources/visits.ts'
import type { Client, Inspection, Knowledge } from '../types.ts'
import { decode } from '../web/decode.ts'
import { readPage } from '../web/read-page.ts'
import { WebError, mayGoAway } from '../web/web.ts'
import type { Answer, GetOptions, NoAnswer, Web } from '../web/web.ts'

const bytesMax = 1_000_000
const descriptionMax = 20_000

const Manifest = z.object({
  name: z.string().max(1_000).optional(),
  short_name: z.string().max(1_000).optional(),
  description: z.string().max(descriptionMax).optional(),
  icons: z.array(z.object({ src: z.string() })).optional(),
})

/** Of Digital Asset Links: a certificate is written `14:6D:E9:…`. */
const AssetLinks = z.array(
  z.object({
    target: z.object({
      namespace: z.string(),
      package_name: z.string().min(1).max(255).optional(),
      sha256_cert_fingerprints: z.array(z.string()).optional(),
    }),
  }),
)

/** Throws a WebError when the domain does not answer now. One that answers nothing of use is known by its name. */
export async function learn(
  client: Client,
  { web, inspection }: { readonly web: Web; readonly inspection: Pick<Inspection, 'iconHashOf'> },
  signal: AbortSignal,
): Promise<Knowledge> {
  const asked: GetOptions = { signal, bytesMax, acrossHosts: true }
  const get = async (url: string): Promise<Answer | undefined> => answered(url, await web.get(url, asked))
  const home = await homeOf(client.domain, web, asked)
  const page = home && readPage(decode(home.bytes, home.contentType).text, home.url, { textMax: descriptionMax })
  const manifestUrl = page?.rels['manifest']
  const manifest = manifestUrl && jsonOf(await get(manifestUrl), Manifest)
  const links = home && jsonOf(await get(new URL('/.well-known/assetlinks.json', home.url).href), AssetLinks)
  const iconPath = (manifest && manifest.icons?.[0]?.src) ?? page?.rels['icon']
  const iconUrl = iconPath === undefined ? null : URL.parse(iconPath, manifestUrl ?? home?.url)
  const icon = iconUrl === null ? undefined : await get(iconUrl.href)
  const iconHash = icon === undefined ? null : inspection.iconHashOf(icon.bytes)
  const names = manifest ? [manifest.short_name ?? '', manifest.name ?? ''] : []
  const app = {
    name: names.findLast((name) => name !== '') ?? client.name,
    description: (manifest && manifest.description) ?? page?.description ?? '',
    iconHash,
  }
  return {
    client,
    brandWords: brandWordsOf(client, names),
    domains: [...new Set([client.domain, ...(home === undefined ? [] : [hostOf(home.url)])])],
    apps: appsOf(links ?? []).map((one) => ({ ...one, ...app })),
    iconHash,
  }
}

/** By https, or else by http. */
async function homeOf(domain: string, web: Web, asked: GetOptions): Promise<Answer | undefined> {
  const secure = await web.get(`https://${domain}/`, asked)
  return secure.ok ? secure : answered(`http://${domain}/`, await web.get(`http://${domain}/`, asked))
}

function answered(url: string, answer: Answer | NoAnswer): Answer | undefined {
  if (answer.ok) return answer
  if (mayGoAway[answer.reason]) throw new WebError(url, answer)
  return undefined
}

function jsonOf<Schema extends z.ZodType>(answer: Answer | undefined, schema: Schema): z.output<Schema> | undefined {
  if (answer === undefined) return undefined
  try {
    return schema.safeParse(JSON.parse(Buffer.from(answer.bytes).toString())).data
  } catch {
    return undefined
  }
}

const appsOf = (links: z.output<typeof AssetLinks>) =>
  links.flatMap(({ target: { namespace, package_name, sha256_cert_fingerprints = [] } }) => {
    if (namespace !== 'android_app' || package_name === undefined) return []
    const certificates = sha256_cert_fingerprints.map((print) => print.replaceAll(':', '').toLowerCase())
    return [{ package: package_name, certificates: certificates.filter((hex) => /^[0-9a-f]{64}$/.test(hex)) }]
  })

/** The name as a whole says more than its parts, which others may have in theirs. */
function brandWordsOf({ name, domain }: Client, names: readonly string[]): string[] {
  const whole = [name, ...names].map((text) => text.toLowerCase().trim())
  const label = domain.split('.').at(-2) ?? domain
  const parts = whole.flatMap((text) => text.split(/[^\p{L}\p{N}]+/u))
  const words = [...new Set([...whole, label, ...parts])].filter((word) => word.length >= 3)
  return words.length === 0 ? [domain] : words
}
