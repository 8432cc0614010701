import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { trainingTexts } from '../keyword/training-texts.ts'
import { files } from './make.ts'
import { measure, readLabelledSet } from './measure.ts'
import { elsewhere, honest, signInPages, threatening } from './texts.ts'

test('the labelled set is the one that the script makes', () => {
  for (const [name, content] of Object.entries(files()))
    assert.equal(readFileSync(join(import.meta.dirname, name), 'utf8'), content, `${name} differs: run make.ts`)
})

test('no text of the labelled set was learnt from', () => {
  const learnt = new Set(trainingTexts().map(({ text }) => text))
  for (const text of [...threatening, ...honest, ...signInPages, ...elsewhere]) assert.ok(!learnt.has(text), text)
})

test('the detectors are not less often right than they were', () => {
  const { detectors, total } = measure(readLabelledSet())
  const floors = {
    'fake-app': { precision: 0.95, recall: 0.98 },
    'fake-domain': { precision: 0.92, recall: 0.86 },
    keyword: { precision: 0.95, recall: 0.82 },
  }

  for (const [kind, floor] of Object.entries(floors)) {
    const { precision, recall } = detectors[kind as keyof typeof floors]
    assert.ok(precision >= floor.precision && recall >= floor.recall, `${kind}: ${precision}, ${recall}`)
  }
  assert.ok(total.threats === 496 && total.precision >= 0.93 && total.recall >= 0.87, JSON.stringify(total))
})
