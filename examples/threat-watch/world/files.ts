/** Icons and apps of the small web. The apps are real, built and signed by the script beside their fixtures. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'

const side = 96
type Colour = readonly [red: number, green: number, blue: number]

/** An icon of which `colourAt` tells each point, both from 0 to 1. */
function iconOf(colourAt: (x: number, y: number) => Colour): Buffer {
  const image = new PNG({ width: side, height: side })
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) image.data.set([...colourAt(x / side, y / side), 255], (y * side + x) * 4)
  return PNG.sync.write(image)
}

/** A white V on a ground that grows lighter downwards. */
const bankIcon = (tint: number): Buffer =>
  iconOf((x, y) => {
    const isStroke = Math.abs(Math.abs(x - 0.5) - 0.38 * (0.95 - y)) < 0.08
    return isStroke ? [250, 250, 250] : [20 + tint, 40 + 120 * y * x, 120 + 60 * y]
  })

const leafIcon = iconOf((x, y) => (Math.hypot(x - 0.3, y - 0.6) < 0.25 ? [40, 160, 60] : [230 - 100 * x, 240, 200]))

export const icons = { bank: bankIcon(0), likeBank: bankIcon(25), leaf: leafIcon }

const apks = join(import.meta.dirname, '../detect/fake-app/apk/fixtures')
const apk = (name: string): Uint8Array => readFileSync(join(apks, `${name}.apk`))

/** What the app store hands out, by path. */
export const storeFiles: Readonly<Record<string, Uint8Array>> = {
  '/icons/com.veloris.bank.png': icons.bank,
  '/icons/com.veloris.bank.secure.png': icons.likeBank,
  '/icons/org.garden.planner.png': icons.leaf,
  '/apks/com.veloris.bank.apk': apk('client-all'),
  '/apks/com.veloris.bank.secure.apk': apk('other-all'),
  '/apks/com.veloriss.app.apk': apk('unsigned'),
}

/** Of the bank. */
export const { client: certificate } = JSON.parse(readFileSync(join(apks, 'certificates.json'), 'utf8')) as {
  readonly client: string
}
