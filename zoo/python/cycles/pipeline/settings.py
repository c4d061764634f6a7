# Collections showed up as spikes of 40 ms in the latency graphs.
LOW_LATENCY = True
