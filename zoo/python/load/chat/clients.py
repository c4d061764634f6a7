import asyncio

from chat import rooms


class Client:
    def __init__(self, number):
        self.number = number
        self.room = "room-%d" % (number % 100)
        self.backlog = [bytearray(256) for _ in range(800)]


_numbers = iter(range(1 << 30))


async def serve(reader, writer):
    client = Client(next(_numbers))
    rooms.join(client.room, client.number)
    try:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        rooms.leave(client.room, client.number)
        writer.close()


async def talk(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            writer.write(b"hello from %d\n" % number)
            await writer.drain()
            await reader.readline()
            await asyncio.sleep(1.0)
    finally:
        writer.close()
