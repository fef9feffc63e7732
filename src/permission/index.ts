/** The pure rules: who may see what, and because of which choice. */
export type { AccessRequest, Actor, Emergency, Party, Purpose } from './access-request.ts';
export type { ConsentCategory, DataCategory } from './catalogue.ts';
export type { ResourceFacts } from './facts.ts';
export type { Grant, Verdict } from './grant.ts';
