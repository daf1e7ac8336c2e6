import os

import boto3
from boto3.dynamodb.conditions import Key
from chalice import WebsocketDisconnectedError


class Members:
    """Who is connected: rows whose sort key is name_{name} or room_{room}."""

    def __init__(self, table):
        self.table = table

    @classmethod
    def from_env(cls):
        return cls(boto3.resource("dynamodb").Table(os.environ["TABLE"]))

    def put(self, member, kind, value):
        self.table.put_item(Item={"PK": member, "SK": kind + "_" + value})

    def drop(self, member, kind, value):
        self.table.delete_item(Key={"PK": member, "SK": kind + "_" + value})

    def get(self, member):
        found = self.table.query(KeyConditionExpression=Key("PK").eq(member))
        return dict(row["SK"].split("_", 1) for row in found["Items"])

    def forget(self, member):
        for kind, value in self.get(member).items():
            self.drop(member, kind, value)

    def room(self, room):
        found = self.table.query(IndexName="ByRoom", Select="ALL_ATTRIBUTES",
                                 KeyConditionExpression=Key("SK").eq("room_" + room))
        return [row["PK"] for row in found["Items"]]

    def rooms(self):
        rows = self.table.scan()["Items"]
        return sorted({row["SK"][5:] for row in rows if row["SK"].startswith("room_")})


class Talk:
    def __init__(self, app, members):
        self.api, self.members = app.websocket_api, members

    def send(self, to, text):
        for member in to:
            try:
                self.api.send(member, text)
            except WebsocketDisconnectedError as e:
                self.members.forget(e.connection_id)

    def handle(self, me, text):
        m, record = self.members, self.members.get(me)
        name, room = record["name"], record.get("room")
        word, _, rest = text.partition(" ")
        if not name:
            self.rename(me, "", text)
            self.send([me], "Using nickname: %s\nType /help for list of commands." % text)
        elif word == "/help":
            self.send([me], "Commands available:\n    /help")
        elif word == "/join":
            others = m.room(rest)
            m.put(me, "room", rest)
            self.send([me], 'Joined chat room "%s"' % rest)
            self.send(others, name + " joined room.")
        elif word == "/nick" and rest:
            self.rename(me, name, rest)
            self.send([me], "Nickname is: " + rest)
            others = [member for member in m.room(room) if member != me] if room else []
            self.send(others, "%s is now known as %s." % (name, rest))
        elif word == "/nick":
            self.send([me], "Current nickname: " + name)
        elif word == "/room":
            self.send([me], room)
        elif word == "/quit":
            m.drop(me, "room", room)
            self.send([me], 'Left chat room "%s"' % room)
            self.send(m.room(room), name + " left room.")
        elif word == "/ls":
            self.send([me], "\n".join([m.get(one)["name"] for one in m.room(room)] if room else m.rooms()))
        else:
            self.send(m.room(room), "%s: %s" % (name, text))

    def rename(self, me, old, new):
        self.members.drop(me, "name", old)
        self.members.put(me, "name", new)
