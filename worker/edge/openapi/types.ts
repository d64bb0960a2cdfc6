/** The part of OpenAPI 3.1 that the hub's document uses. */

/** A JSON Schema of draft 2020-12. */
export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Media {
  schema: Schema;
  example?: unknown;
}

export interface Answer {
  $ref?: string;
  description?: string;
  content?: Readonly<Record<string, Media>>;
  headers?: Readonly<Record<string, { description: string; schema: Schema }>>;
  links?: Readonly<Record<string, { operationId: string; parameters: Record<string, string> }>>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'header' | 'query';
  required?: boolean;
  description: string;
  schema: Schema;
  example?: unknown;
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: readonly string[];
  parameters?: readonly Parameter[];
  requestBody?: { required: boolean; content: Readonly<Record<string, Media>> };
  responses: Readonly<Record<string, Answer>>;
  /** `[]` = no credentials are asked for. */
  security?: readonly Readonly<Record<string, readonly string[]>>[];
}

export type Method = 'get' | 'post' | 'patch' | 'delete';

export type Paths = Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;

export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; summary: string; description: string };
  tags: readonly { name: string; description: string }[];
  security: readonly Readonly<Record<string, readonly string[]>>[];
  paths: Paths;
  components: {
    schemas: Readonly<Record<string, Schema>>;
    responses: Readonly<Record<string, Answer>>;
    securitySchemes: Readonly<Record<string, object>>;
  };
}
