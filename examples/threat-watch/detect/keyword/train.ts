/** Makes the training texts and the model of them: `node examples/threat-watch/detect/keyword/train.ts`. The same bytes every time; a test compares them with what is here. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { train } from './classifier.ts'
import type { Counts } from './classifier.ts'
import { trainingTexts } from './training-texts.ts'

/** The files by name. */
export function trained(): Readonly<Record<string, string>> {
  const examples = trainingTexts()
  const { texts, features } = train(examples)
  // In the layout of the formatter, a line for each feature.
  const row = ([harmless, threat]: Counts): string => `[${harmless}, ${threat}]`
  const rows = Object.entries(features).map(([feature, counts]) => `    ${JSON.stringify(feature)}: ${row(counts)}`)
  return {
    'training.ndjson': examples.map((example) => `${JSON.stringify(example)}\n`).join(''),
    'model.json': `{\n  "texts": ${row(texts)},\n  "features": {\n${rows.join(',\n')}\n  }\n}\n`,
  }
}

if (import.meta.main)
  for (const [name, content] of Object.entries(trained())) writeFileSync(join(import.meta.dirname, name), content)
