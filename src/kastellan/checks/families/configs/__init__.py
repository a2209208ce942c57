"""Settings of brokers: is the cluster of one mind?"""
