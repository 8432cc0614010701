import type { RecordAnswer } from '../admin/answers.ts'

/** One line: where it lies, when it came, what it is. */
export const recordLine = ({ partition, offset, appended, id, key, headers, data }: RecordAnswer): string => {
  const said = Object.entries(headers).map(([name, value]) => `  ${name}=${value}`)
  return `${partition}/${offset}  ${appended}  ${id}  ${key ?? '-'}  ${JSON.stringify(data)}${said.join('')}`
}
