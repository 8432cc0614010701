/** It brings no types. */
declare module 'html-encoding-sniffer' {
  /** The name of an encoding of the WHATWG, such as `windows-1251`. */
  export default function sniff(
    bytes: Uint8Array,
    options: {
      readonly xml: boolean
      readonly transportLayerEncodingLabel?: string
      readonly defaultEncoding: string
    },
  ): string
}
