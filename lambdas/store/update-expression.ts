import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';

/**
 * Collects one conditional UpdateItem. Every attribute goes through a `#name` placeholder and every value through `:name`, so
 * that reserved words and value injection are no concern anywhere else.
 */
export class UpdateExpression {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, AttributeValue> = {};
  #valueCount = 0;
  readonly #conditions: string[] = [];
  readonly #sets: string[] = [];
  readonly #adds: string[] = [];
  readonly #removes: string[] = [];

  add(attribute: string, amount: number): this {
    this.#adds.push(`${this.#name(attribute)} ${this.#value(amount)}`);
    return this;
  }

  set(attribute: string, value: number | string): this {
    this.#sets.push(`${this.#name(attribute)} = ${this.#value(value)}`);
    return this;
  }

  setIfAbsent(attribute: string, value: number | string): this {
    this.#sets.push(`${this.#name(attribute)} = if_not_exists(${this.#name(attribute)}, ${this.#value(value)})`);
    return this;
  }

  remove(attribute: string): this {
    this.#removes.push(this.#name(attribute));
    return this;
  }

  require(attribute: string, comparison: '=' | '<' | '<=' | '>=', value: number | string): this {
    this.#conditions.push(`${this.#name(attribute)} ${comparison} ${this.#value(value)}`);
    return this;
  }

  requireAbsent(attribute: string): this {
    this.#conditions.push(`attribute_not_exists(${this.#name(attribute)})`);
    return this;
  }

  build(table: string, partitionKey: string): UpdateItemCommandInput {
    const sections = [
      ['SET', this.#sets],
      ['ADD', this.#adds],
      ['REMOVE', this.#removes],
    ] as const;
    return {
      TableName: table,
      Key: { pk: { S: partitionKey } },
      UpdateExpression: sections
        .filter(([, parts]) => parts.length > 0)
        .map(([verb, parts]) => `${verb} ${parts.join(', ')}`)
        .join(' '),
      ...(this.#conditions.length > 0 && { ConditionExpression: this.#conditions.join(' AND ') }),
      ExpressionAttributeNames: this.#names,
      ...(this.#valueCount > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }

  #name(attribute: string): string {
    const placeholder = `#${attribute}`;
    this.#names[placeholder] = attribute;
    return placeholder;
  }

  #value(value: number | string): string {
    const placeholder = `:${this.#valueCount}`;
    this.#valueCount += 1;
    this.#values[placeholder] = typeof value === 'number' ? { N: String(value) } : { S: value };
    return placeholder;
  }
}
