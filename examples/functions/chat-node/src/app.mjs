// A chat room: a message goes to all connections. {"action":"name","name":"Ann"} gives one a name.
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

const table = { TableName: process.env.TABLE };
const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler = async (event) => {
  const { connectionId, domainName, routeKey, stage } = event.requestContext;
  const Key = { connectionId };
  switch (routeKey) {
    case '$connect':
      await db.send(new PutCommand({ ...table, Item: Key }));
      break;
    case '$disconnect':
      await db.send(new DeleteCommand({ ...table, Key }));
      break;
    case 'name':
      await db.send(new UpdateCommand({
        ...table, Key, UpdateExpression: 'SET #n = :n',
        ExpressionAttributeNames: { '#n': 'name' },
        ExpressionAttributeValues: { ':n': JSON.parse(event.body).name },
      }));
      break;
    default: {
      const { Item } = await db.send(new GetCommand({ ...table, Key }));
      const api = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
      await broadcast(api, `${Item?.name ?? 'someone'}: ${event.body}`);
    }
  }
  return { statusCode: 200 };
};

async function broadcast(api, Data) {
  const pages = { ...table, ProjectionExpression: 'connectionId' };
  do {
    const { Items, LastEvaluatedKey } = await db.send(new ScanCommand(pages));
    await Promise.all(Items.map((Key) => post(api, Key, Data)));
    pages.ExclusiveStartKey = LastEvaluatedKey;
  } while (pages.ExclusiveStartKey);
}

// post sends to one connection, and forgets it if it is gone.
async function post(api, Key, Data) {
  try {
    await api.send(new PostToConnectionCommand({ ConnectionId: Key.connectionId, Data }));
  } catch (error) {
    if (error.name !== 'GoneException') throw error;
    await db.send(new DeleteCommand({ ...table, Key }));
  }
}
