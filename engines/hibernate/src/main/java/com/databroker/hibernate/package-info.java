/// Classes that JPA maps as objects of the broker, by Hibernate: what a jar with entities needs beside
/// them, and the back-end that answers for them.
@NullMarked
package com.databroker.hibernate;

import org.jspecify.annotations.NullMarked;
