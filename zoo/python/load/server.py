"""A chat server and its clients: the clients come and go in waves."""
import asyncio
import math
import time

from chat import clients, rooms

WAVE = 40.0


async def main():
    rooms.load()
    server = await asyncio.start_server(clients.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print("ready", flush=True)
    start = time.monotonic()
    crowd = []
    while time.monotonic() - start < 600:
        phase = (time.monotonic() - start) / WAVE
        wanted = int(120 + 110 * math.sin(2 * math.pi * phase))
        while len(crowd) < wanted:
            crowd.append(asyncio.create_task(clients.talk(port, len(crowd))))
        while len(crowd) > wanted:
            crowd.pop().cancel()
        await asyncio.sleep(0.25)


asyncio.run(main())
