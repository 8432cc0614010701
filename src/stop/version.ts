/**
 * The version of a line: a hash of its stops' names, their order, what they lead to, and the form of their data. An event that was plotted by another version
 * is validated where it arrives. Code is no part of it, nor is what a stop does with its data.
 */
import { shortHash } from '../internal/hash.ts'
import { formOf } from '../schema/form.ts'
import type { StopDefinition } from './definition.ts'

/** 8 characters of 0-9 and a-f. */
export function versionOf(stops: readonly StopDefinition[]): string {
  return shortHash(JSON.stringify(stops.map(describeStop)))
}

function describeStop(stop: StopDefinition): readonly unknown[] {
  const { name, inSchema, outSchema, schemaVersion, targets, next } = stop
  const forms = [inSchema, outSchema].map((schema) => (schema === undefined ? null : (formOf(schema) ?? schemaVersion)))
  const leads = [...targets].map(([target, { line, version }]) => [target, line, version])
  return [name, forms, leads, next === undefined ? null : describeStop(next)]
}
