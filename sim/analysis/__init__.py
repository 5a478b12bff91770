"""What an economist asks of a market: what people would weigh, demand, prices, moments and estimates."""
