/**
 * What a sandbox may break on purpose, so that builders of apps see what their app does. The house
 * gets it from the demo or a conformance run only; a production start has no way to pass it.
 */
export interface SandboxFaults {
  /** For one service of one aanbieder, by MedMij name and id. */
  of(aanbieder: string, service: string): ServiceFault | undefined;
}

export type ServiceFault =
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'down' }
  /** Every notification goes out twice. */
  | { readonly kind: 'duplicate' };
