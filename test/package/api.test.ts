/** The public interface of each entry is what the committed snapshot says. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { built, differences, snapshots } from '../../tools/api-snapshot.ts'

test('every entry shows what its snapshot says', () => {
  const changes = differences(join(import.meta.dirname, 'api'), built(snapshots))
  const told = 'If that is meant: `npm run api -- --update`, and say it in CHANGELOG.md.'
  assert.equal(changes.length, 0, `\n${changes.join('\n')}\n${told}`)
})

test('a snapshot that differs, lacks or is left over is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-snapshots-'))
  writeFileSync(join(folder, 'same.api.txt'), 'a\n')
  writeFileSync(join(folder, 'changed.api.txt'), 'a\nb\n')
  writeFileSync(join(folder, 'left.api.txt'), 'a\n')
  const fresh = new Map([
    ['same.api.txt', 'a\n'],
    ['changed.api.txt', 'a\nc\n'],
    ['new.api.txt', 'a\n'],
  ])
  assert.deepEqual(differences(folder, fresh), [
    'changed.api.txt differs:\n- b\n+ c',
    'left.api.txt is of no entry',
    'new.api.txt is new',
  ])
  rmSync(folder, { recursive: true })
})
